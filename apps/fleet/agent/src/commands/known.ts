/** Known is what the disk and the process table say about one journaled command, at one look. */

import type { Exit } from "./exit.ts";
import type { JournalEntry } from "./journal-entry.ts";

export interface Known {
  readonly entry: JournalEntry;
  /** `gone` without an `exit` means that the runner died without a word. */
  readonly runner: "none" | "alive" | "gone";
  /** The runner began at this time, in ISO 8601. Null means that none has begun. */
  readonly startedAt: string | null;
  readonly exit: Exit | null;
  readonly spooledBytes: number;
}

/** The host is busy with a command from the claim until the server has the result, or has refused the claim. */
export function isOpen(known: Known): boolean {
  return known.entry.settledAt === null && known.entry.claim !== "refused";
}
