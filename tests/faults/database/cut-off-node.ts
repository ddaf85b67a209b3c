/** Nodes lose the way to their database, and then the link to each other, while all else goes on. */

import assert from "node:assert/strict";
import { until } from "../../engine/authority-process.ts";
import { atLeisure } from "../../leisure.ts";
import { type Found, main, pause, progress } from "../stage/fault.ts";
import type { NodeOnStage } from "../stage/nodes/node-on-stage.ts";
import { NodesStage } from "../stage/nodes/nodes-stage.ts";

type Way = "shut" | "stick";

export async function cutOffNode({ ms = 8_000 } = {}): Promise<Found> {
  await using stage = await NodesStage.start();
  const { ledger } = stage;
  ledger.begin(stage.answering);
  const told: string[] = [];
  for (const way of ["shut", "stick"] as const) {
    for (const who of ["follower", "writer"] as const) {
      await ledger.more(50);
      const writer = await stage.writer();
      const cut = who === "writer" ? writer : (stage.others(writer)[0] ?? writer);
      told.push(`${who}, ${way === "shut" ? "refused" : "silent"}: ${await cutOff(stage, cut, way, ms)}`);
    }
  }
  const refused = [await cutLinks(stage, "shut", ms), await cutLinks(stage, "stick", ms)];
  const { acknowledged, recovered, seen } = await stage.judge();
  const did = `the way of a follower, and of the writer, to the database refused or silent for ${ms / 1_000} s; then the links between the nodes`;
  const linkless = `without links all clients went on, and a follower answered a change with ${refused.join(", ")}`;
  return { did, acknowledged, recovered, seen: `${told.join("; ")}; ${linkless}; ${seen}` };
}

/** Its client is not live while the node knows nothing, and all others go on. */
async function cutOff(stage: NodesStage, cut: NodeOnStage, way: Way, ms: number): Promise<string> {
  const { sync } = stage.clientOf(cut);
  await until("its client is live", () => sync.status.type === "live");
  progress(`a node is cut off from the database: ${way}`);
  cut.database[way]();
  const cutAt = performance.now();
  await until("its client no longer says that it is live", () => sync.status.type !== "live");
  const noticedMs = performance.now() - cutAt;
  assert.ok(noticedMs <= atLeisure(3_000), `only noticed after ${noticedMs} ms`);
  await stage.writer(stage.others(cut));
  await stage.ledger.more(50);
  await pause(Math.max(0, ms - (performance.now() - cutAt)));
  assert.notEqual(sync.status.type, "live", "the node says nothing that it can't know");
  cut.database.open();
  const openedAt = performance.now();
  await until("its client is live again", () => sync.status.type === "live");
  const healedMs = performance.now() - openedAt;
  await stage.untilLinked();
  return `no longer live after ${seconds(noticedMs)} s, live again ${seconds(healedMs)} s after it was back`;
}

/** Without links nodes read the store, and what comes to a follower is refused, or gets no answer. */
async function cutLinks(stage: NodesStage, way: Way, ms: number): Promise<string> {
  const { ledger } = stage;
  await ledger.end();
  const writer = await stage.writer();
  progress(`the links between the nodes are cut: ${way}`);
  for (const { link } of stage.nodes) link[way]();
  if (way === "shut")
    await until("the links are cut", async () => (await stage.counted("node_links_out")).every((links) => links === 0));
  const refusal = ledger.apply(stage.others(writer)[0] ?? writer, way === "shut" ? 1_000_001 : 1_000_002);
  ledger.begin(() => [writer]);
  await ledger.more(50);
  await pause(ms);
  const goal = ledger.newestVersion;
  await until("the clients of all nodes show it", () => stage.clients.every(({ sync }) => sync.version >= goal));
  assert.equal(await stage.writer(), writer, "nobody takes over for it");
  await ledger.end();
  assert.equal(await refusal, false, "a follower can't forward a change");
  const refused = ledger.lastRefusal;
  for (const { link } of stage.nodes) link.open();
  await stage.untilLinked();
  return refused;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}

if (import.meta.main) await main(() => cutOffNode());
