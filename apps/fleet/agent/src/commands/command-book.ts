/** The command book is where an agent looks up what became of the commands of its host, and by which it starts and stops them. */

import type { CommandOutcome } from "./exit.ts";
import type { JournalEntry } from "./journal-entry.ts";
import type { Known } from "./known.ts";

export interface CommandBook {
  entries(): readonly JournalEntry[];
  /** The entry outlives the agent once this returns. */
  write(entry: JournalEntry): void;
  /** Returns what is known of a command right now. */
  look(entry: JournalEntry): Known;
  /**
   * Starts a command, which goes on by itself. `startBeforeMs` is a time of this machine's wall clock. It does no harm when it was
   * started before: it runs once.
   */
  start(commandId: string, startBeforeMs: number | null, onError: (error: Error) => void): void;
  /** Asks a command to end. One that is asked again does no more. */
  stop(commandId: string): void;
  /** Ends a command that hasn't started, and makes sure that it never will. Nothing happens when it has begun after all. */
  endUnstarted(commandId: string, outcome: CommandOutcome, reason: string): void;
  /** Ends a command that is gone without a word. */
  endLost(commandId: string, reason: string): void;
  /** Returns at most `limit` bytes of a command's output from `offset` on. It is empty when there are none. */
  readOutput(commandId: string, offset: number, limit: number): Uint8Array;
  dropSpool(commandId: string): void;
  /** Forgets the id. From here on it could run again, so this must come long after its deadline. */
  forget(commandId: string): void;
}
