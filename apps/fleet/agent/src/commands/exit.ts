/** An exit is how a command ended, as its runner wrote it before it went. */

export interface Exit {
  readonly outcome: CommandOutcome;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** This is a sentence for people, at most `MAX_REASON` characters. */
  readonly reason: string | null;
  /** This is ISO 8601. Null means that it never started. */
  readonly startedAt: string | null;
  readonly finishedAt: string;
  /** This counts the bytes in the spool file, the note about a cut included. */
  readonly outputBytes: number;
  /** This counts the bytes that the command wrote beyond its cap, or that the disk didn't take. */
  readonly droppedBytes: number;
}

export const COMMAND_OUTCOMES = ["succeeded", "failed", "timed_out", "cancelled", "expired", "lost"] as const;
/**
 * `expired` means that the command was not started because its time had passed. `lost` means that it was started, and
 * nobody can say how it ended.
 */
export type CommandOutcome = (typeof COMMAND_OUTCOMES)[number];

export const MAX_REASON = 500;
