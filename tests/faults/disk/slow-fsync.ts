/** Each sync takes 50 ms: commits wait for the disk, and nothing else does. */

import assert from "node:assert/strict";
import { until } from "../../engine/authority-process.ts";
import { type Found, main, pause, requireStrace } from "../stage/fault.ts";
import { Ledger } from "../stage/ledger.ts";
import { Stage } from "../stage/stage.ts";

const DELAY_US = 50_000;
const BEACON_MS = 1_000;

export async function slowFsync({ ms = 8_000 } = {}): Promise<Found> {
  requireStrace();
  await using stage = new Stage(BEACON_MS);
  const { authority } = stage;
  const ledger = new Ledger();
  const fault = `inject=fsync:delay_enter=${DELAY_US}`;
  authority.wrapper = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e", fault];
  await authority.start();
  const client = stage.follow();
  await until("the client is live", () => client.status.type === "live");

  let over = false;
  const writing = ledger.writeUntilRefused(authority, { writers: 8, enough: () => over });
  const gaps = confirmations(client);
  await pause(ms);
  over = true;
  await writing;
  const longest = Math.max(...gaps());
  const { loop } = await authority.facts();
  await stage.level();

  assert.ok(loop.p99Ms < 25, `the event loop waits ${loop.p99Ms} ms for the disk, in one of a hundred turns`);
  assert.ok(longest < 2 * BEACON_MS, `${longest} ms without any word from the authority`);
  const did = `every fsync took ${DELAY_US / 1000} ms longer for ${ms / 1000} s, amid 8 writers`;
  const seen = `event loop delay p50 ${loop.p50Ms.toFixed(1)} ms, p99 ${loop.p99Ms.toFixed(1)} ms; at most ${Math.round(longest)} ms between two confirmations`;
  return { did, acknowledged: ledger.acknowledged, recovered: await ledger.recovered(authority), seen };
}

/** Notes the times between two moments at which the client was told that it is right. */
function confirmations(client: ReturnType<Stage["follow"]>): () => readonly number[] {
  const gaps: number[] = [];
  let last = performance.now();
  let confirmed = client.lastConfirmedAt;
  const timer = setInterval(() => {
    if (client.lastConfirmedAt === confirmed) return;
    confirmed = client.lastConfirmedAt;
    gaps.push(performance.now() - last);
    last = performance.now();
  }, 5);
  return () => {
    clearInterval(timer);
    return [...gaps, performance.now() - last];
  };
}

if (import.meta.main) await main(() => slowFsync());
