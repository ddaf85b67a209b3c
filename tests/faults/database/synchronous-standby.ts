/** The primary dies behind which a synchronous standby stands, amid load and with the standby cut off: nothing acknowledged is lost. */

import assert from "node:assert/strict";
import { until } from "../../engine/authority-process.ts";
import { atLeisure } from "../../leisure.ts";
import { type Found, main, pause, progress } from "../stage/fault.ts";
import { NodesStage } from "../stage/nodes/nodes-stage.ts";

export async function synchronousStandby({ isCutOff = true, stuckMs = 5_000 } = {}): Promise<Found> {
  await using stage = await NodesStage.start({ standby: true });
  const { ledger, standby } = stage;
  await standby.becomeSynchronous();
  ledger.begin(stage.answering);
  await ledger.more(200);
  if (isCutOff) await cutOff(stage, stuckMs);
  progress("the primary dies");
  await stage.failOver();
  const switchedAt = performance.now();
  await ledger.more(200);
  const backMs = performance.now() - switchedAt;

  const { acknowledged, recovered, seen, shownAndLost } = await stage.judge();
  assert.equal(recovered, acknowledged);
  assert.equal(shownAndLost, 0, "nobody had shown what the standby did not have");
  const did = `kill -9 of the primary amid 4 writers at 3 nodes${isCutOff ? `, ${stuckMs / 1_000} s after its synchronous standby was cut off` : ""}; the standby promoted`;
  const saw = `nothing was acknowledged or shown that the standby had not; 200 changes were acknowledged ${Math.round(backMs)} ms after the switch`;
  return { did, acknowledged, recovered, seen: `${saw}; ${seen}` };
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
