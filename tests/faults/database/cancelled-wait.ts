/** A commit waits for its synchronous standby, and somebody cancels the wait: the server says success, with a warning. */

import assert from "node:assert/strict";
import type { TestServer } from "@neverstale/store-postgres/test-server";
import { until } from "../../engine/authority-process.ts";
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
  ledger.begin(stage.answering);
  await ledger.more(100);
  await ledger.end();
  const told: string[] = [];

  // The standby comes back: the change is there, once.
  told.push(await cancelOne(stage, FIRST));
  standby.replication.open();
  await until("the repeat is answered", () => ledger.apply(first, FIRST));
  ledger.begin(stage.answering);
  await ledger.more(50);
  await ledger.end();

  // The standby is promoted instead: the change was never acknowledged, and is not there. Its repeat makes it.
  told.push(await cancelOne(stage, FIRST + 1));
  await stage.failOver();
  await until("the repeat is answered", () => ledger.apply(first, FIRST + 1));

  const { acknowledged, recovered, seen } = await stage.judge();
  assert.equal(recovered, acknowledged);
  const did =
    "the wait of a commit for a synchronous standby cancelled by pg_cancel_backend, with the standby back afterwards, and with the standby promoted instead";
  return {
    did,
    acknowledged,
    recovered,
    seen: `the callers were told ${told.join(" and ")}; a repeat under the key told the truth; ${seen}`,
  };
}

/** It returns what the caller was told of a change whose commit the server called a success. */
async function cancelOne(stage: NodesStage, n: number): Promise<string> {
  const { ledger, standby, primary } = stage;
  const writer = await stage.writer();
  const before = (await writer.facts()).version;
  progress("a commit waits for the standby, and its wait is cancelled");
  standby.replication.stick();
  const applied = ledger.apply(writer, n);
  await until("the commit waits for the standby", async () => (await cancelCommit(primary)) > 0);
  assert.equal(await applied, false, "the change is not acknowledged");
  const shown = stage.clients.filter(({ sync }) => sync.version > before);
  assert.deepEqual(shown, [], "no client shows it");
  return ledger.lastRefusal;
}

/** It cancels the waits of commits, and not those of confirmations. It returns how many it has cancelled. */
async function cancelCommit(primary: TestServer): Promise<number> {
  const rows = await primary.sql(
    `SELECT pg_cancel_backend(pid) FROM pg_stat_activity
    WHERE wait_event = 'SyncRep' AND query LIKE '%INSERT INTO "neverstale"."chain"%'`,
  );
  return rows.length;
}

if (import.meta.main) await main(() => cancelledWait());
