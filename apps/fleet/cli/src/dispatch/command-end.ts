/** The end of a command is what `dispatch` waits for, and what its own exit status follows from. */

import type { DispatchedCommand } from "@neverstale/fleet-client";
import type { Command } from "@neverstale/fleet-domain";
import { EXIT } from "../command-line/failure.ts";
import { oneLine } from "../terminal/plain-text.ts";

export type CommandEnd = Pick<Command, "status" | "reason" | "retriedBy">;

/** Returns the end in words: `timed out: ran longer than 60000 ms`. */
export function endText({ status, reason, retriedBy }: CommandEnd): string {
  const again = retriedBy === undefined ? "" : ", and it is tried again";
  return `${status.replaceAll("_", " ")}${reason === undefined ? "" : `: ${oneLine(reason)}`}${again}`;
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
