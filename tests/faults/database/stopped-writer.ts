/** The writer of three nodes stands still for some seconds, and goes on: another one has taken over by then. */

import assert from "node:assert/strict";
import { until } from "../../engine/authority-process.ts";
import { atLeisure } from "../../leisure.ts";
import { type Found, main, pause, progress } from "../stage/fault.ts";
import { NodesStage } from "../stage/nodes/nodes-stage.ts";

export async function stoppedWriter({ ms = 10_000 } = {}): Promise<Found> {
  await using stage = await NodesStage.start();
  const { ledger } = stage;
  ledger.begin(stage.answering);
  await ledger.more(100);
  const stopped = await stage.writer();
  const { sync } = stage.clientOf(stopped);

  progress("the writer stops");
  stopped.signal("SIGSTOP");
  const stoppedAt = performance.now();
  await until("its client no longer says that it is live", () => sync.status.type !== "live");
  const noticedMs = performance.now() - stoppedAt;
  assert.ok(noticedMs <= atLeisure(3_000), `only noticed after ${noticedMs} ms`);
  const said = sync.status.type;
  const next = await stage.writer(stage.others(stopped));
  await ledger.more(100);
  await pause(Math.max(0, ms - (performance.now() - stoppedAt)));
  const shownBefore = sync.version;
  const headBefore = (await next.facts()).version;
  stopped.signal("SIGCONT");
  const goesOnAt = performance.now();
  await until("its client is live again", () => sync.status.type === "live");
  const healedMs = performance.now() - goesOnAt;
  const { role } = await stopped.facts();
  await stage.untilLinked();

  assert.equal(role, "follower");
  assert.ok(sync.version >= headBefore && headBefore > shownBefore, "the client shows what came meanwhile");
  assert.equal(await stage.writer(), next, "the other one goes on");
  const { acknowledged, recovered, seen } = await stage.judge();
  const did = `SIGSTOP of the writer for ${ms / 1_000} s amid 4 writers at 3 nodes, then SIGCONT`;
  const saw = `its client said ${said} after ${Math.round(noticedMs)} ms and was live again ${Math.round(healedMs)} ms after SIGCONT`;
  return {
    did,
    acknowledged,
    recovered,
    seen: `${saw}; the chain has no entry of its term behind the next takeover; ${seen}`,
  };
}

if (import.meta.main) await main(() => stoppedWriter());
