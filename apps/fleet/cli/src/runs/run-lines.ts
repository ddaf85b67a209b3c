/** Runs are printed as a table, with the reason of each that has one below it. */

import { type Command, isFinal } from "@neverstale/fleet-domain";
import { columnLines } from "../terminal/columns.ts";
import { oneLine } from "../terminal/plain-text.ts";

/** `nameOf` says what a host is called. `now` is in milliseconds since 1970. */
export function runLines(runs: readonly Command[], nameOf: (host: string) => string, now: number): string[] {
  const [head = "", ...lines] = columnLines(
    HEAD,
    runs.map((run) => rowOf(run, nameOf(run.host), now)),
  );
  return [head, ...runs.flatMap((run, index) => [lines[index] ?? "", ...reasonOf(run)])];
}

export interface RunFilter {
  readonly op?: string;
  readonly status?: readonly string[];
  readonly by?: string;
  readonly hosts?: readonly string[];
}

export function isRunAskedFor(run: Command, { op, status, by, hosts = [] }: RunFilter): boolean {
  return (
    (op === undefined || run.op === op) &&
    (status === undefined || status.includes(run.status)) &&
    (by === undefined || run.requestedBy === by) &&
    (hosts.length === 0 || hosts.includes(run.host))
  );
}

const HEAD = ["ID", "CREATED", "HOST", "OP", "STATUS", "EXIT", "TOOK", "BY"] as const;

function rowOf(run: Command, host: string, now: number): string[] {
  const { id, createdAt, op, status, exitCode, requestedBy } = run;
  const exit = exitCode === undefined ? "" : String(exitCode);
  return [id, createdAt, host, op, status.replaceAll("_", " "), exit, tookText(run, now), requestedBy];
}

/** It is empty for what never ran. */
function tookText({ startedAt, finishedAt, status }: Command, now: number): string {
  if (startedAt === undefined) return "";
  const end = finishedAt === undefined ? (isFinal(status) ? Number.NaN : now) : Date.parse(finishedAt);
  const seconds = Math.max(0, end - Date.parse(startedAt)) / 1_000;
  if (Number.isNaN(seconds)) return "";
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function reasonOf({ reason, status, progress }: Command): string[] {
  if (status === "running" && progress !== undefined) return [oneLine(`  ${progressText(progress)}`)];
  return reason === undefined ? [] : [oneLine(`  ${reason}`)];
}

export function progressText({ phase, current, total, message }: NonNullable<Command["progress"]>): string {
  const count = current === undefined ? "" : ` ${current}${total === undefined ? "" : `/${total}`}`;
  return `${phase}${count}${message === undefined ? "" : `: ${message}`}`;
}
