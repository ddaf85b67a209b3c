/** The writer of three nodes is killed amid load, and a follower, again and again. */

import assert from "node:assert/strict";
import { until } from "../../engine/authority-process.ts";
import { type Found, main, progress } from "../stage/fault.ts";
import { NodesStage } from "../stage/nodes/nodes-stage.ts";

export async function killNode({ rounds = 10, followers = 3 } = {}): Promise<Found> {
  await using stage = await NodesStage.start();
  const { ledger } = stage;
  const fullStatesBefore = await stage.fullStates();
  const gaps: number[] = [];
  ledger.begin(stage.answering);
  for (let round = 0; round < rounds + followers; round += 1) {
    await ledger.more(50);
    const writer = await stage.writer();
    const isWriter = round < rounds;
    const killed = isWriter ? writer : (stage.others(writer)[round % 2] ?? writer);
    const [goesOn] = stage.others(killed);
    assert.ok(goesOn !== undefined, "another node runs");

    progress(`round ${round + 1} of ${rounds + followers}: ${isWriter ? "the writer" : "a follower"} dies`);
    ledger.forgetGaps();
    await killed.kill();
    stage.clientOf(killed).door.leadTo(goesOn.port);
    await ledger.more(20);
    if (isWriter) gaps.push(ledger.longestGapMs);
    await until("its client is live elsewhere", () => stage.clientOf(killed).sync.status.type === "live");

    await killed.start();
    await stage.untilLinked();
    stage.clientOf(killed).door.leadTo(killed.port);
  }
  const { acknowledged, recovered, seen } = await stage.judge();
  const fullStates = (await stage.fullStates()) - fullStatesBefore;
  assert.equal(fullStates, 0, "every client resumed by a diff");
  const did = `kill -9 of the writer ${rounds} times and of a follower ${followers} times, amid 4 writers at 3 nodes`;
  return {
    did,
    acknowledged,
    recovered,
    seen: `${gapsSeen(gaps)}; no full state but the first of each client; ${seen}`,
  };
}

function gapsSeen(gaps: readonly number[]): string {
  const sorted = [...gaps].sort((a, b) => a - b);
  const seconds = (ms = 0) => (ms / 1_000).toFixed(1);
  return `after the writer's death nothing was acknowledged for ${seconds(sorted[0])} to ${seconds(sorted.at(-1))} s`;
}

if (import.meta.main) await main(() => killNode());
