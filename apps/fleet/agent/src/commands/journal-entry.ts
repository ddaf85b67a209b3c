/** A journal entry is what the agent wrote down of a command before it asked for it. It survives the agent. */

import type { Job } from "../policy/job.ts";

export interface JournalEntry {
  readonly commandId: string;
  readonly op: string;
  /** These are the arguments that were asked for, with defaults filled in. */
  readonly args: Readonly<Record<string, string | number>>;
  /** This is ISO 8601 by the server's clock. Null means that there is no deadline. */
  readonly deadline: string | null;
  /** This run of the agent asked for the command. Every claim of this id repeats it. */
  readonly instance: string;
  /** This is ISO 8601 by this machine's clock. */
  readonly journaledAt: string;
  /** `refused` is final: the command never starts here. */
  readonly claim: "asked" | "refused";
  /** This is set once the server has the result and all of the output. */
  readonly settledAt: string | null;
  /**
   * This is the moment of the server's history at which it was settled. Null means that it isn't settled, or that the server
   * didn't say.
   */
  readonly settledIn: { readonly epoch: string; readonly version: number } | null;
  readonly job: Job;
}
