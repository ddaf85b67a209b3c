/** Behind a primary stands a synchronous standby, which is promoted when the primary has died, or while it lives on: nothing acknowledged is lost. */

import assert from "node:assert/strict";
import { until } from "../../engine/authority-process.ts";
import { atLeisure } from "../../leisure.ts";
import { type Found, main, pause, progress } from "../stage/fault.ts";
import { NodesStage } from "../stage/nodes/nodes-stage.ts";

export async function synchronousStandby({ stuckMs = 5_000 } = {}): Promise<Found> {
  const parts = [await primaryDies("amid load"), await primaryDies(stuckMs), await primaryLives(stuckMs)];
  const sum = (of: "acknowledged" | "recovered") => parts.reduce((all, part) => all + part[of], 0);
  const did = `a synchronous standby promoted amid 4 writers at 3 nodes: after kill -9 of the primary, after kill -9 ${stuckMs / 1_000} s after the standby was cut off, and beside a primary that lives on, with two nodes still on it`;
  const saw = "without the standby nothing was acknowledged, and no client was live";
  const seen = parts.map((part) => part.seen).join("; ");
  return { did, acknowledged: sum("acknowledged"), recovered: sum("recovered"), seen: `${saw}; ${seen}` };
}

type Part = Omit<Found, "did">;

async function primaryDies(when: "amid load" | number): Promise<Part> {
  await using stage = await load();
  if (when !== "amid load") await cutOff(stage, when);
  progress("the primary dies");
  await stage.failOver();
  const switchedAt = performance.now();
  await stage.ledger.more(200);
  const backMs = performance.now() - switchedAt;
  return await judged(stage, `200 changes acknowledged ${Math.round(backMs)} ms after the switch`);
}

/** The nodes that still reach the old primary store nothing, show nothing new and are not live, whatever the other one does. */
async function primaryLives(ms: number): Promise<Part> {
  await using stage = await load();
  const [moves, ...stay] = stage.nodes;
  assert.ok(moves !== undefined, "there are nodes");
  await cutOff(stage, ms);
  progress("the standby is promoted beside its primary");
  await stage.promote();
  stage.fresh.startOver();
  moves.database.leadTo(stage.standby.server.port);
  await until("the new primary has a writer", async () => (await moves.facts()).role === "writer");
  await until("its client is live", () => stage.clientOf(moves).sync.status.type === "live");
  // Entries of the new writer may be pushed to them. What they can't confirm they don't show.
  const shown = () => stay.map((node) => stage.clientOf(node).sync.version);
  const before = shown();
  await pause(ms);
  assert.deepEqual(shown(), before, "a node on the old primary shows nothing new");
  for (const node of stay) assert.notEqual(stage.clientOf(node).sync.status.type, "live");

  await stage.primary.stop("SIGKILL");
  for (const node of stay) node.database.leadTo(stage.standby.server.port);
  await stage.ledger.more(200);
  return await judged(stage, "clients of the nodes on the old primary were shown nothing new");
}

async function load(): Promise<NodesStage> {
  const stage = await NodesStage.start({ standby: true });
  try {
    await stage.standby.becomeSynchronous();
    stage.ledger.begin(stage.answering);
    await stage.ledger.more(200);
    return stage;
  } catch (error) {
    await stage[Symbol.asyncDispose]();
    throw error;
  }
}

async function judged(stage: NodesStage, saw: string): Promise<Part> {
  const { acknowledged, recovered, seen, shownAndLost } = await stage.judge();
  assert.equal(recovered, acknowledged);
  assert.equal(shownAndLost, 0, "nobody had shown what the standby did not have");
  return { acknowledged, recovered, seen: `${saw}; ${seen}` };
}

/** The primary waits for its standby, so nothing is acknowledged, and no node knows anything any more. */
async function cutOff({ standby, ledger, clients }: NodesStage, ms: number): Promise<void> {
  progress("the standby is cut off");
  standby.replication.stick();
  const cutAt = performance.now();
  const isLive = () => clients.some(({ sync }) => sync.status.type === "live");
  await until("no client says that it is live", () => !isLive());
  const noticedMs = performance.now() - cutAt;
  assert.ok(noticedMs <= atLeisure(3_000), `only noticed after ${noticedMs} ms`);
  const before = ledger.acknowledged;
  await pause(ms);
  assert.equal(ledger.acknowledged, before, "nothing is acknowledged without the standby");
  assert.ok(!isLive(), "no client is live without the standby");
}

if (import.meta.main) await main(() => synchronousStandby());
