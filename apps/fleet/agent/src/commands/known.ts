import type { Exit, JournalEntry } from "./job.ts";

/** What is on disk and in the process table about one journaled command, at one look. */
export interface Known {
  readonly entry: JournalEntry;
  /** `gone` with no `exit`: the runner died without a word. */
  readonly runner: "none" | "alive" | "gone";
  /** ISO 8601, when the runner began; null: none has. */
  readonly startedAt: string | null;
  readonly exit: Exit | null;
  readonly spooledBytes: number;
}
