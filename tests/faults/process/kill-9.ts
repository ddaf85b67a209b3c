/** The process is killed at random moments amid writers, again and again, while a client follows. */

import assert from "node:assert/strict";
import { until } from "../../engine/authority-process.ts";
import { type Found, main, pause, seeded } from "../stage/fault.ts";
import { Ledger } from "../stage/ledger.ts";
import { Stage } from "../stage/stage.ts";

export async function killNine({ rounds = 30, seed = 1 } = {}): Promise<Found> {
  await using stage = new Stage();
  const { authority } = stage;
  const random = seeded(seed);
  const ledger = new Ledger();
  await authority.start();
  const client = stage.follow();
  await until("the client is live", () => client.status.type === "live");

  let resumed = 0;
  for (let round = 0; round < rounds; round += 1) {
    const before = ledger.acknowledged;
    const writing = ledger.writeUntilRefused(authority);
    await until("some were acknowledged", () => ledger.acknowledged >= before + 6);
    await pause(50 + random() * 450);
    await authority.kill();
    await writing;
    await authority.start();
    await stage.level();
    const { sync } = await authority.facts();
    assert.deepEqual(sync.fullStates, {}, "nobody needed the whole state");
    resumed += sync.resumed;
  }

  const recovered = await ledger.recovered(authority);
  const did = `kill -9 ${rounds} times, 50 to 500 ms after the first answers, amid 4 writers (seed ${seed})`;
  const seen = `the client resumed by diff ${resumed} times, never took a full state, ${ledger.unknown} changes unanswered`;
  return { did, acknowledged: ledger.acknowledged, recovered, seen };
}

if (import.meta.main) await main(() => killNine());
