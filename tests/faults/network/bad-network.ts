/** Clients live behind a network with latency, jitter, stalls, cuts in the midst of frames and connections that go silent. */

import assert from "node:assert/strict";
import { nodeEnvironment, StateSync } from "@neverstale/client";
import { WebSocket } from "ws";
import type { State } from "../../engine/authority.ts";
import { until } from "../../engine/authority-process.ts";
import { type Found, main } from "../stage/fault.ts";
import { Ledger } from "../stage/ledger.ts";
import { FAIR, TcpProxy, type Weather } from "../stage/proxy.ts";
import { Stage } from "../stage/stage.ts";

const STORM: Weather = {
  latencyMs: 5,
  jitterMs: 30,
  pieceBytes: 700,
  stallChance: 0.02,
  stallMs: 400,
  cutChance: 0.02,
  blackholeChance: 0.005,
};

/** On a slow machine it takes longer until everything has happened once, but not longer than this. */
const LONGEST_MS = 60_000;

export async function badNetwork({ ms = 20_000, clients = 4, seed = 1 } = {}): Promise<Found> {
  await using stage = new Stage(500);
  const { authority } = stage;
  const ledger = new Ledger();
  await authority.start();
  const proxy = await TcpProxy.start(FAIR, seed, () => authority.port);
  try {
    const url = `ws://127.0.0.1:${proxy.port}/sync`;
    const io = () => nodeEnvironment({ WebSocket });
    const all = Array.from({ length: clients }, () => stage.adopt(new StateSync<State>({ url, io: io() })));
    const near = stage.follow();
    for (const client of [...all, near]) await until("it is live", () => client.status.type === "live");
    const truth = new Truth(near);
    for (const client of all) client.subscribe(() => truth.noteShown(client));

    proxy.weather = STORM;
    const startedAt = performance.now();
    const over = () => performance.now() - startedAt > (allHappened(proxy) ? ms : LONGEST_MS);
    await ledger.writeUntilRefused(authority, { writers: 2, enough: over });
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    proxy.weather = FAIR;
    await stage.level();

    const { connections, cuts, truncations, stalls, blackholes } = proxy.counters;
    assert.ok(allHappened(proxy), `something never happened: ${JSON.stringify(proxy.counters)}`);
    const compared = truth.judge();
    const resumed = (await authority.facts()).sync.resumed;
    const did = `${clients} clients for ${seconds} s behind a proxy (seed ${seed}): ${cuts} cuts, ${truncations} of them within a frame, ${stalls} stalls, ${blackholes} silent directions`;
    const seen = `${connections} connections, ${resumed} resumed by diff; ${compared} shown states compared, all right; level afterwards`;
    return { did, acknowledged: ledger.acknowledged, recovered: await ledger.recovered(authority), seen };
  } finally {
    await proxy.close();
  }
}

function allHappened({ counters }: TcpProxy): boolean {
  return Object.values(counters).every((times: number) => times > 0);
}

/** The truth is what a client beside the authority saw at each version. What the others showed there is compared with it. */
class Truth {
  readonly #atVersion = new Map<number, string>();
  readonly #shown: { readonly version: number; readonly digest: string }[] = [];

  constructor(near: StateSync<State>) {
    near.subscribe(() => this.#atVersion.set(near.version, near.digest()));
  }

  noteShown(client: StateSync<State>): void {
    this.#shown.push({ version: client.version, digest: client.digest() });
  }

  /**
   * Returns how many were compared. The client beside the authority goes on by several versions at once: nobody here knows the
   * state at a version in between.
   */
  judge(): number {
    const known = this.#shown.filter(({ version }) => this.#atVersion.has(version));
    for (const { version, digest } of known)
      assert.equal(digest, this.#atVersion.get(version), `at version ${version}`);
    assert.ok(known.length > 0, "something was compared");
    return known.length;
  }
}

if (import.meta.main) await main(() => badNetwork());
