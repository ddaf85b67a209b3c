/**
 * A client stops reading while tens of megabytes of changes pass: neither memory nor the others pay for it, and nothing that is
 * acknowledged meanwhile is lost.
 */

import assert from "node:assert/strict";
import { nodeEnvironment, StateSync, type WebSocketClass } from "@neverstale/client";
import { WebSocket } from "ws";
import type { State } from "../../engine/authority.ts";
import { type AuthorityProcess, until } from "../../engine/authority-process.ts";
import { type Found, main, pause } from "../stage/fault.ts";
import { Ledger } from "../stage/ledger.ts";
import { Stage } from "../stage/stage.ts";

const MIB = 2 ** 20;
/** So many changes are acknowledged one by one at least. */
const FEWEST_WRITES = 21;

export async function neverReads({ changes = 100_000, rate = 4_000, bound = 128 } = {}): Promise<Found> {
  // Beacons are so rare that the client, which hears nothing, doesn't give the connection up before the end.
  await using stage = new Stage(60_000);
  const { authority } = stage;
  await authority.start();
  const sockets: WebSocket[] = [];
  const url = `ws://127.0.0.1:${authority.port}/sync`;
  const reader = stage.adopt(new StateSync<State>({ url, io: nodeEnvironment({ WebSocket: recording(sockets) }) }));
  const other = stage.follow();
  await until("both are live", () => reader.status.type === "live" && other.status.type === "live");
  // The runtime has the memory that it needs under load before the comparison begins.
  await authority.get(`/load?changes=${changes / 4}&rate=${rate}`);
  const before = (await authority.facts()).memory.rss;

  sockets[0]?.pause();
  let peak = before;
  const watching = setInterval(async () => {
    peak = Math.max(peak, (await authority.facts()).memory.rss);
  }, 500);
  const ledger = new Ledger();
  const load = authority.get(`/load?changes=${changes}&rate=${rate}`);
  await writeDuring(load, ledger, authority);
  clearInterval(watching);
  const { version } = await authority.facts();
  const doneAt = performance.now();
  await until("the other client has it all", () => other.version === version);
  const otherMs = performance.now() - doneAt;
  const missed = version - reader.version;
  sockets[0]?.resume();
  await stage.level(60_000);

  const grown = (peak - before) / MIB;
  assert.ok(missed > changes / 2, "it did stand still");
  assert.ok(grown < bound, `${grown} MiB more memory`);
  const did = `a client stopped reading while ${changes} changes of 300 bytes passed, and others were acknowledged one by one`;
  const seen = `at most ${Math.round(Math.max(0, grown))} MiB more memory; it was ${missed} versions behind and then level; another client had the last change ${Math.round(otherMs)} ms after it`;
  return { did, acknowledged: ledger.acknowledged, recovered: await ledger.recovered(authority), seen };
}

/** Writes one change after another until the load has passed, and on a slow machine a few after it, while the client still reads nothing. */
async function writeDuring(load: Promise<unknown>, ledger: Ledger, authority: AuthorityProcess): Promise<void> {
  let over = false;
  const ended = load.finally(() => {
    over = true;
  });
  while (!over || ledger.acknowledged < FEWEST_WRITES) {
    await ledger.write(authority);
    await pause(10);
  }
  await ended;
}

/** The class leaves its instances where the test can stop them from reading. */
function recording(sockets: WebSocket[]): WebSocketClass {
  return class extends WebSocket {
    constructor(url: string, protocols: string[], options: object) {
      super(url, protocols, options);
      sockets.push(this);
    }
  };
}

if (import.meta.main) await main(() => neverReads());
