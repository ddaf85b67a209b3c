/** A commit waits for its synchronous standby, and somebody cancels the wait: the server says success, with a warning. */

import assert from "node:assert/strict";
import type { TestServer } from "@neverstale/store-postgres/test-server";
import { until } from "../../engine/authority-process.ts";
import { atLeisure } from "../../leisure.ts";
import { type Found, main, progress } from "../stage/fault.ts";
import { NodesStage } from "../stage/nodes/nodes-stage.ts";

/** The writers of the ledger give small numbers. */
const FIRST = 1_000_001;

export async function cancelledWait(): Promise<Found> {
  await using stage = await NodesStage.start({ standby: true });
  const { ledger, standby } = stage;
  const [first] = stage.nodes;
  assert.ok(first !== undefined, "there is a node");
  await standby.becomeSynchronous();
  await load(stage);
  const told: string[] = [];

  progress("a commit waits for the standby, its wait is cancelled, and the standby comes back");
  told.push(await cancelled(stage, FIRST, "commits"));
  standby.replication.open();
  await until("the repeat is answered", () => ledger.apply(first, FIRST));
  await load(stage);

  progress("all that waits is cancelled again and again, and the standby is promoted");
  told.push(await cancelled(stage, FIRST + 1, "everything"));
  await stage.failOver();
  await until("the repeat is answered", () => ledger.apply(first, FIRST + 1));
  await load(stage);

  const { acknowledged, recovered, seen, shownAndLost } = await stage.judge();
  assert.equal(recovered, acknowledged);
  assert.equal(shownAndLost, 0, "nobody was shown what only the dead primary had");
  const did =
    "the wait of a commit for a synchronous standby cancelled by pg_cancel_backend, with the standby back afterwards; then all waits cancelled, and the standby promoted instead";
  const saw = `the callers were told ${told.join(" and ")}, and a repeat under the key told the truth`;
  return { did, acknowledged, recovered, seen: `${saw}; ${seen}` };
}

async function load({ ledger, answering }: NodesStage): Promise<void> {
  ledger.begin(answering);
  await ledger.more(50);
  await ledger.end();
}

/** It returns what the caller was told of a change whose commit the server called a success. */
async function cancelled(stage: NodesStage, n: number, what: "commits" | "everything"): Promise<string> {
  const { ledger, standby, primary, clients } = stage;
  const writer = await stage.writer();
  const before = (await writer.facts()).version;
  standby.replication.stick();
  let isAnswered = false;
  const applied = ledger.apply(writer, n).finally(() => {
    isAnswered = true;
  });
  await until("the commit waits for the standby", async () => (await cancelWaits(primary, "commits")) > 0);
  const cancelledAt = performance.now();
  await until("the caller is answered", async () => {
    if (what === "everything") await cancelWaits(primary, what);
    const isLate = performance.now() - cancelledAt > atLeisure(3_000);
    assert.ok(!(isLate && clients.some(({ sync }) => sync.status.type === "live")), "no client is live");
    return isAnswered;
  });
  assert.equal(await applied, false, "the change is not acknowledged");
  const shown = clients.filter(({ sync }) => sync.version > before);
  assert.equal(shown.length, 0, "no client shows what only the primary has");
  return ledger.lastRefusal;
}

/** It returns how many waits it has cancelled: those of commits, or those of confirmations and beats too. */
async function cancelWaits(primary: TestServer, what: "commits" | "everything"): Promise<number> {
  const which = what === "commits" ? `AND query LIKE '%INSERT INTO "neverstale"."chain"%'` : "";
  const rows = await primary.sql(
    `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep' ${which}`,
  );
  return rows.length;
}

if (import.meta.main) await main(() => cancelledWait());
