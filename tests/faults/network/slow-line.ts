/**
 * A first state arrives once, on a line so slow that all of it takes longer than any silence a client puts up with, and on a
 * line on which somebody switches tabs all the time, so that the client asks again and again whether the line is still there.
 */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type Environment, nodeEnvironment, StateSync } from "@neverstale/client";
import { WebSocket } from "ws";
import type { State } from "../../engine/authority.ts";
import { until } from "../../engine/authority-process.ts";
import { type Found, main } from "../stage/fault.ts";
import { FAIR, TcpProxy } from "../stage/proxy.ts";
import { Stage } from "../stage/stage.ts";

export interface SlowLine {
  /** The state is about so large on the wire. */
  readonly stateBytes: number;
  readonly bytesPerSecond: number;
  /** The page is seen again this often. Null means never. */
  readonly awakeEveryMs: number | null;
  readonly beaconMs?: number;
}

/** A record holds noise of this size as base64. On the wire it is compressed, which makes it about that noise again. */
const RECORD_BYTES = 50_000;
const PIECES_A_SECOND = 20;
/** The answer to a check comes at most so long after it: behind what is under way. */
const ANSWER_MS = 2_000;

export async function slowLine(line: SlowLine): Promise<Found> {
  const { stateBytes, bytesPerSecond, awakeEveryMs, beaconMs = 30_000 } = line;
  await using stage = new Stage(beaconMs);
  const { authority } = stage;
  await authority.start();
  const records = Math.ceil(stateBytes / RECORD_BYTES);
  const noise = () => randomBytes(Math.min(RECORD_BYTES, stateBytes)).toString("base64");
  for (let i = 0; i < records; i += 1) await authority.apply("host_added", `host-${i}`, { noise: noise() });
  const weather = {
    ...FAIR,
    pieceBytes: Math.ceil(bytesPerSecond / PIECES_A_SECOND),
    latencyMs: 1_000 / PIECES_A_SECOND,
  };
  const proxy = await TcpProxy.start(weather, 1, () => authority.port);
  try {
    const startedAt = performance.now();
    const io = wakingUp(nodeEnvironment({ WebSocket }), awakeEveryMs);
    const client = stage.adopt(new StateSync<State>({ url: `ws://127.0.0.1:${proxy.port}/sync`, io }));
    const watched = watch(client);
    await until("the client is live", () => client.status.type === "live");
    const tookMs = performance.now() - startedAt;
    await stage.level();

    assert.equal(proxy.counters.connections, 1, "on one connection");
    assert.deepEqual([client.counters.silentSockets, client.counters.reconnects], [0, 0]);
    assert.deepEqual((await authority.facts()).sync.fullStates, { first: 1 }, "the state was sent once");
    assert.ok(watched.steps.length > 2, "the client said how far it was");
    assert.deepEqual(
      watched.steps,
      [...watched.steps].sort((a, b) => a - b),
      "and that never went back",
    );
    assert.ok(watched.longestCheckMs < ANSWER_MS, `a check was answered after ${watched.longestCheckMs} ms`);
    const [kilobytes, rate] = [stateBytes, bytesPerSecond].map((bytes) => Math.round(bytes / 1_000));
    const switching = awakeEveryMs === null ? "" : `, seen again every ${awakeEveryMs / 1_000} s`;
    const did = `a first state of ${kilobytes} kB on a line of ${rate} kB/s, beacons every ${beaconMs / 1_000} s${switching}`;
    const seen = `live after ${(tookMs / 1_000).toFixed(1)} s on one connection; said ${watched.steps.length} times how far it was; the slowest of ${watched.checks} checks answered after ${Math.round(watched.longestCheckMs)} ms`;
    return { did, acknowledged: records, recovered: client.state.hosts.size, seen };
  } finally {
    await proxy.close();
  }
}

/** Notes how far the client said it was, and how long its checks waited for an answer. */
function watch(client: StateSync<State>) {
  const seen = { steps: [] as number[], checks: 0, longestCheckMs: 0 };
  let checkingSince: number | null = null;
  client.subscribe(() => {
    const { loading, checking } = client.view;
    const now = performance.now();
    if (loading !== null && loading.receivedBytes !== seen.steps.at(-1)) seen.steps.push(loading.receivedBytes);
    if (checkingSince !== null) seen.longestCheckMs = Math.max(seen.longestCheckMs, now - checkingSince);
    if (checking && checkingSince === null) seen.checks += 1;
    checkingSince = checking ? (checkingSince ?? now) : null;
  });
  return seen;
}

/** Tells the client that its page is seen again and again. */
function wakingUp(io: Environment, everyMs: number | null): Environment {
  if (everyMs === null) return io;
  return {
    ...io,
    watch(tell) {
      const timer = setInterval(() => tell("awake"), everyMs);
      return () => clearInterval(timer);
    },
  };
}

/** Runs both at the same time: each of them only waits. */
export async function slowLines(): Promise<Found> {
  const [large, seenOften] = await Promise.all([
    slowLine({ stateBytes: 1_650_000, bytesPerSecond: 22_000, awakeEveryMs: null }),
    slowLine({ stateBytes: 300_000, bytesPerSecond: 40_000, awakeEveryMs: 4_000 }),
  ]);
  return {
    did: `${large.did}; ${seenOften.did}`,
    acknowledged: large.acknowledged + seenOften.acknowledged,
    recovered: large.recovered + seenOften.recovered,
    seen: `${large.seen}; ${seenOften.seen}`,
  };
}

if (import.meta.main) await main(() => slowLines());
