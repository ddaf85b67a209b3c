/** The end of a command is what `dispatch` waits for, and what its own exit status follows from. */

import type { DispatchedCommand } from "@neverstale/fleet-client";
import type { Command } from "@neverstale/fleet-domain";
import { EXIT } from "../command-line/failure.ts";
import { oneLine, plainJson } from "../terminal/plain-text.ts";

export type CommandEnd = Pick<Command, "status" | "reason" | "retriedBy" | "exitCode">;

/** Returns the end in words: `timed out: ran longer than 60000 ms`. */
export function endText({ status, reason, retriedBy }: CommandEnd): string {
  const again = retriedBy === undefined ? "" : ", and it is tried again";
  return `${status.replaceAll("_", " ")}${reason === undefined ? "" : `: ${oneLine(reason)}`}${again}`;
}

/** Returns the end as one line of JSON. */
export function endJson(
  of: { readonly id: string; readonly host: string; readonly name: string },
  { status, reason, exitCode, retriedBy }: CommandEnd,
): string {
  const end = { status, reason: reason ?? null, exitCode: exitCode ?? null };
  return plainJson(JSON.stringify({ ...of, ...end, ...(retriedBy !== undefined && { retriedBy }) }));
}

/** Returns how many ended how: `2 succeeded, 1 failed`. */
export function endsText(ends: readonly CommandEnd[]): string {
  const counts = new Map<string, number>();
  for (const { status } of ends) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} ${status.replaceAll("_", " ")}`).join(", ");
}

/** A command that was blocked at once never runs: the answer to the dispatch is its end. */
export function blockedEnd({ reason }: DispatchedCommand): CommandEnd {
  return reason === null ? { status: "blocked" } : { status: "blocked", reason };
}

export function exitStatusOf(ends: readonly CommandEnd[]): number {
  return ends.every((end) => end.status === "succeeded") ? EXIT.ok : EXIT.no;
}

/** Returns the line for a command that nobody waits for. */
export function dispatchedLine(host: string, { id, status, reason }: DispatchedCommand): string {
  return `${host} ${id} ${status}${reason === null ? "" : `: ${oneLine(reason)}`}`;
}
