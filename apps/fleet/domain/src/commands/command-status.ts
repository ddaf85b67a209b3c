/** A command has one status at a time, and keeps its last one for ever. */

/**
 *   pending -> running -> succeeded | failed | timed_out | cancelled | lost
 *      |
 *      +-> blocked | rejected | expired | skipped | cancelled      (it never ran)
 */
export type CommandStatus = (typeof COMMAND_STATUSES)[number];

const OPEN_STATUSES = ["pending", "running"] as const;

/** Nothing happens to a command any more once it has one of these. */
export const FINAL_STATUSES = [
  "succeeded",
  "failed",
  "timed_out",
  "cancelled",
  "lost",
  "blocked",
  "rejected",
  "expired",
  "skipped",
] as const;
export type FinalStatus = (typeof FINAL_STATUSES)[number];

export const COMMAND_STATUSES = [...OPEN_STATUSES, ...FINAL_STATUSES] as const;

const OPEN: ReadonlySet<string> = new Set(OPEN_STATUSES);

/** A status that only a newer server knows counts as final: a page must not offer to stop what it does not understand. */
export function isFinal(status: CommandStatus): status is FinalStatus {
  return !OPEN.has(status);
}
