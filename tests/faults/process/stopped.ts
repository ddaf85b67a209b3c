/** The server stands still for some seconds, as a frozen virtual machine does: clients say so, and heal by themselves. */

import assert from "node:assert/strict";
import { until } from "../../engine/authority-process.ts";
import { type Found, main, pause } from "../stage/fault.ts";
import { atMost, Ledger } from "../stage/ledger.ts";
import { Stage } from "../stage/stage.ts";

const BEACON_MS = 1_000;

export async function stopped({ ms = 12_000 } = {}): Promise<Found> {
  await using stage = new Stage(BEACON_MS);
  const { authority } = stage;
  const ledger = new Ledger();
  await authority.start();
  await ledger.writeUntilRefused(authority, { enough: atMost(50) });
  const client = stage.follow();
  await until("the client is live", () => client.status.type === "live");

  authority.signal("SIGSTOP");
  const stoppedAt = performance.now();
  await until("the client no longer says that it is live", () => client.status.type !== "live");
  const noticedMs = performance.now() - stoppedAt;
  assert.ok(noticedMs < 2 * BEACON_MS + 1_000, `only noticed after ${noticedMs} ms`);
  const during = client.status.type;
  await pause(ms - noticedMs);
  authority.signal("SIGCONT");
  const continuedAt = performance.now();
  await until("the client is live again", () => client.status.type === "live");
  const healedMs = performance.now() - continuedAt;
  await ledger.writeUntilRefused(authority, { enough: atMost(50) });
  await stage.level();

  const did = `SIGSTOP for ${ms / 1000} s, beacons every ${BEACON_MS} ms, then SIGCONT`;
  const seen = `the client said ${during} after ${Math.round(noticedMs)} ms, and was live again ${Math.round(healedMs)} ms after SIGCONT`;
  return { did, acknowledged: ledger.acknowledged, recovered: await ledger.recovered(authority), seen };
}

if (import.meta.main) await main(() => stopped());
