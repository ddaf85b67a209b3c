/** The primary dies, and a standby that lacks the newest commits goes on: nobody is led from one history into the other. */

import assert from "node:assert/strict";
import { until } from "../../engine/authority-process.ts";
import { type Found, main, progress } from "../stage/fault.ts";
import { NodesStage } from "../stage/nodes/nodes-stage.ts";

export async function lostTail({ changes = 200 } = {}): Promise<Found> {
  await using stage = await NodesStage.start({ standby: true });
  const { ledger, standby } = stage;
  ledger.begin(stage.answering);
  await ledger.more(changes);
  standby.replication.stick();
  await ledger.more(changes);
  const writer = await stage.writer();
  const [, late] = stage.others(writer);
  assert.ok(late !== undefined, "there are three nodes");

  // One node comes to the new primary only when its history has gone on beyond where that node stands.
  progress("the primary dies");
  await stage.primary.stop("SIGKILL");
  const facts = () => Promise.all(stage.nodes.map((node) => node.facts()));
  // What was pushed on the way has come by then.
  await until("no node has heard of the database for a second", async () =>
    (await facts()).every(({ confirmationAgeMs }) => confirmationAgeMs > 1_000),
  );
  const before = await facts();
  late.database.shut();
  await stage.failOver();
  const lostFrom = stage.lostFrom ?? 0;
  const downAt = performance.now();
  await ledger.more(1);
  const backMs = performance.now() - downAt;
  await until("the new history has gone beyond the old one", async () => {
    const newest = await (await stage.writer(stage.others(late))).facts();
    return newest.version > Math.max(...before.map(({ version }) => version)) + 100;
  });
  late.database.open();
  await ledger.more(changes);

  const { acknowledged, recovered, seen, shownAndLost } = await stage.judge();
  const counted = await stage.counted("history_lost_versions_total");
  const expected = before.map(({ version }) => version - lostFrom);
  assert.deepEqual(counted, expected, "each node counts what it held, and what the database has not");
  assert.deepEqual(
    await stage.counted("history_lost_total"),
    expected.map(() => 1),
  );
  assert.ok(shownAndLost > 0 && recovered < acknowledged, "something was lost, or nothing was tried");
  const did = `kill -9 of the primary amid 4 writers at 3 nodes; its standby, without the newest ${Math.max(...expected)} versions, promoted; one node reached it later`;
  const lost = `history_lost_total was 1 and history_lost_versions_total ${counted.join(", ")} at the nodes; ${shownAndLost} positions had been shown that were lost, and nobody was resumed from one`;
  return {
    did,
    acknowledged,
    recovered,
    seen: `${lost}; acknowledged again ${Math.round(backMs)} ms after the switch; ${seen}`,
  };
}

if (import.meta.main) await main(() => lostTail());
