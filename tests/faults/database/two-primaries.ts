/** The old primary lives on beside the promoted standby, and some nodes are still connected to it. */

import assert from "node:assert/strict";
import { until } from "../../engine/authority-process.ts";
import { type Found, main, progress } from "../stage/fault.ts";
import type { NodeOnStage } from "../stage/nodes/node-on-stage.ts";
import { type ClientOnStage, NodesStage } from "../stage/nodes/nodes-stage.ts";

export async function twoPrimaries({ changes = 150 } = {}): Promise<Found> {
  await using stage = await NodesStage.start({ standby: true });
  const { ledger, standby } = stage;
  ledger.begin(stage.answering);
  await ledger.more(changes);
  const old = await stage.writer();
  const [stays, moves] = stage.others(old);
  assert.ok(stays !== undefined && moves !== undefined, "there are three nodes");
  const traveller = await stage.client(old);

  progress("the standby is promoted");
  stage.fresh.stop();
  await stage.promote();
  moves.database.leadTo(standby.server.port);
  await until("the new primary has a writer of its own", async () => (await moves.facts()).role === "writer");
  await ledger.more(changes);
  // Nothing that the old one reaches says that it is over.
  assert.equal(await stage.writer([old, stays]), old);
  for (const node of [moves, old, moves]) await travel(traveller, node);
  await ledger.more(changes);
  const branches = await Promise.all([old, stays, moves].map((node) => node.facts()));

  progress("the old primary dies");
  await stage.primary.stop("SIGKILL");
  for (const node of [old, stays]) node.database.leadTo(standby.server.port);
  await until("all nodes are in one history", async () => new Set(await epochs(stage)).size === 1);
  stage.fresh.startOver();
  await ledger.more(changes);

  const { acknowledged, recovered, seen, shownAndLost } = await stage.judge();
  const counted = await Promise.all([old, stays, moves].map(async (node) => (await node.facts()).metrics));
  // The node that moved at once may have been ahead of the standby by what was on its way.
  const times = counted.slice(0, 2).map(({ history_lost_total: count }) => count);
  assert.deepEqual(times, [1, 1], "the nodes that stayed find that their history is lost");
  assert.ok(shownAndLost > 0 && recovered < acknowledged, "there were two histories, or nothing was tried");
  const versions = counted.map(({ history_lost_versions_total: lost = 0 }) => lost);
  const did = `a standby promoted while its primary lives on, amid 4 writers; two nodes on the old one, one on the new one, each with its writer, ${branches[0]?.version} and ${branches[2]?.version} versions; then the old one killed`;
  const saw = `the nodes gave up ${versions.join(", ")} versions; of what the old primary acknowledged beyond the fork nothing is left; a client that went to and fro showed each history as it was`;
  return { did, acknowledged, recovered, seen: `${saw}; ${seen}` };
}

/** A client goes on at another node, in whatever history that one is. */
async function travel({ sync, door }: ClientOnStage, node: NodeOnStage): Promise<void> {
  door.leadTo(node.port);
  await until("the client that travels shows what its node has", async () => {
    const { epoch } = await node.facts();
    return sync.status.type === "live" && sync.epoch === epoch;
  });
}

async function epochs(stage: NodesStage): Promise<string[]> {
  return (await Promise.all(stage.running.map((node) => node.facts()))).map(({ epoch }) => epoch);
}

if (import.meta.main) await main(() => twoPrimaries());
