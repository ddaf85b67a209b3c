/** Writing a commit puts the rows of its plan into the tables. */

import type { CommitPlan } from "@neverstale/server/store";
import { type AnswerSize, charsOf } from "@neverstale/server/store";
import type { StoreSettings } from "../settings.ts";
import type { CommitTables } from "../tables.ts";
import { spacesToText } from "./entry-spaces.ts";

/** It writes inside the caller's transaction, and returns the answers whose place was taken by newer ones. */
export function writeCommit(tables: CommitTables, plan: CommitPlan): readonly AnswerSize[] {
  const { entry, ended, made, lineage, log, history, answers } = plan;
  const replaced: AnswerSize[] = [];
  if (entry.spaces !== null) tables.addEntry(entry, spacesToText(entry.spaces));
  for (const space of ended) tables.endSpace(space);
  for (const space of made) tables.addSpace(space);
  for (const row of lineage) tables.addLineage(row.spaceId, row);
  for (const row of log) tables.addLog(row, entry);
  for (const row of history) tables.addHistory(row);
  for (const row of answers) {
    const older = tables.removeAnswer(row.key);
    if (older !== null) replaced.push(older);
    tables.addAnswer(row, charsOf(row));
  }
  return replaced;
}

/** It returns about how many pages a commit adds to the write-ahead log. */
export function pagesOf({ log, history, answers }: CommitPlan, { pagesPerCommit, pageBytes }: StoreSettings): number {
  let chars = 0;
  for (const row of log) chars += row.changes.length;
  for (const row of history) chars += row.text.length;
  for (const row of answers) chars += row.answer.length;
  return pagesPerCommit + Math.ceil(chars / pageBytes);
}
