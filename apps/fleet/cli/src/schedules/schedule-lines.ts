/** Schedules are printed as a table. */

import type { ScheduleAnswers } from "@neverstale/fleet-domain";
import { oneLine } from "../terminal/plain-text.ts";

type Listed = ScheduleAnswers[number];

export function scheduleLines(schedules: readonly Listed[]): string[] {
  const rows = [HEAD, ...schedules.map(rowOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

const HEAD = ["SCHEDULE", "RUNS", "NEXT", "LAST", "OUTCOME"] as const;

function rowOf({ id, op, pipeline, nextAt, lastDueAt, outcome, reason }: Listed): string[] {
  const what = pipeline === undefined ? (op ?? "") : `pipeline ${pipeline}`;
  const became = outcome === undefined ? "-" : `${outcome}${reason === undefined ? "" : `: ${reason}`}`;
  return [id, what, nextAt ?? "never", lastDueAt ?? "-", became].map(oneLine);
}

/** True when something that was to run did not. */
export function hasTrouble({ outcome }: Pick<Listed, "outcome">): boolean {
  return outcome === "missed" || outcome === "refused" || outcome === "failed";
}
