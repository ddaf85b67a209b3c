import type { CommitPlan } from "./catalog.ts";
import type { CommitTables } from "./tables.ts";

/** Writes what a plan holds, inside the caller's transaction. */
export function writeCommit(tables: CommitTables, plan: CommitPlan): void {
  const { at, ended, made, lineage, log, history, answers } = plan;
  for (const id of ended) tables.endSpace(id);
  for (const space of made) tables.addSpace(space);
  for (const row of lineage) tables.addLineage(row.spaceId, row);
  for (const row of log) tables.addLog(row, at);
  for (const row of history) tables.addHistory(row);
  for (const row of answers) tables.putAnswer(row);
}
