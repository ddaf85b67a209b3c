/** One command as the runner runs it: decided by the agent from the host's own file, complete, no templates left. */
export interface Job {
  /** Never empty; the first is the program. No shell ever sees it. */
  readonly argv: readonly string[];
  /** All of the environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Null: the user the agent runs as. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
  readonly timeoutMs: number;
  /** Between TERM and KILL. */
  readonly killGraceMs: number;
  readonly outputCapBytes: number;
}

/** A process, told from a later one with the same number by when it started. */
export interface ProcessMark {
  readonly pid: number;
  /** Boot and start time, as the system tells them; compared, never read. */
  readonly started: string;
}

/** What the runner leaves as its first act. The file is made once per command id: the id that never runs twice. */
export interface RunnerMark extends ProcessMark {
  /** ISO 8601. */
  readonly at: string;
}

export const OUTCOMES = ["succeeded", "failed", "timed_out", "cancelled", "expired", "lost"] as const;
/** `expired`: not started, its time had passed. `lost`: started, and nobody can say how it ended. */
export type Outcome = (typeof OUTCOMES)[number];

/** How a command ended, as the runner wrote it before it went. */
export interface Exit {
  readonly outcome: Outcome;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** A sentence for people, at most `MAX_REASON` characters. */
  readonly reason: string | null;
  /** ISO 8601; null when it never started. */
  readonly startedAt: string | null;
  readonly finishedAt: string;
  /** Bytes in the spool file, the note about a cut included. */
  readonly outputBytes: number;
  /** Bytes the command wrote beyond its cap, or that the disk didn't take. */
  readonly droppedBytes: number;
}

export const MAX_REASON = 500;

/** What the agent knows of a command id it has journaled; survives it. */
export interface JournalEntry {
  readonly commandId: string;
  readonly op: string;
  /** As asked for, defaults filled in. */
  readonly args: Readonly<Record<string, string | number>>;
  /** ISO 8601 of the server's clock; null: none. */
  readonly deadline: string | null;
  /** Which run of the agent asked for it: repeated in every claim of this id. */
  readonly instance: string;
  /** ISO 8601, this machine's clock. */
  readonly journaledAt: string;
  /** `refused` is final: it never starts here. */
  readonly claim: "asked" | "refused";
  /** Set once the server has the result and all of the output. */
  readonly settledAt: string | null;
  /** Where that is in the server's history; null: it isn't settled, or the server didn't say. */
  readonly settledIn: { readonly epoch: string; readonly version: number } | null;
  readonly job: Job;
}
