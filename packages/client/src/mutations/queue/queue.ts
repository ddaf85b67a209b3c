/** Mutations and what keeps their queue over a reload need this of each other. Mutations that are not kept have none of its code. */

import type { Environment } from "../../environment/environment.ts";
import type { Transport } from "../../transport/transport.ts";
import type { LineEntry, TakenUp } from "../line.ts";
import type { SignOutOptions } from "../mutating.ts";

/** This keeps the queue of mutations. `keptQueue()` gives one. It returns null where a browser can't keep any. */
export type MakeQueue = (host: QueueHost) => MutationQueue | null;

/** The mutations of a replica offer this to their queue. */
export interface QueueHost {
  readonly io: Environment;
  /** Only this user's mutations are taken up. Null: none are kept. */
  readonly user: string | null;
  /** It says where they are posted and what is followed. Only those that were asked for under it are taken up. */
  readonly address: string;
  readonly entries: readonly LineEntry[];
  /** Connections name these lines. */
  readonly lines: readonly string[];
  /** They were left by pages that are gone, and are shown and sent from here on. */
  takeUp(taken: readonly TakenUp[]): void;
  /** More is kept than before: it may be sent. For `denied` there is no room. */
  written(denied: readonly LineEntry[]): void;
  signOut(options: SignOutOptions): Promise<void>;
}

/** The mutations of a replica have this of their queue. */
export interface MutationQueue {
  /** The entries may be others than those that are kept. */
  changed(): void;
  /** It returns the first of these, which are to be sent: those whose numbers are kept (rule U6). */
  ready(next: readonly LineEntry[]): readonly LineEntry[];
  /** It is kept that the page knows what became of all up to this number of a line. Null: nothing is kept of it. */
  settledOf(line: string): number | null;
  /** `run` is called when all that was changed until now is kept. It is told whether that has worked. */
  whenKept(run: (isKept: boolean) => void): void;
  /** It can be taken out of what is kept. */
  canDrop(entry: LineEntry): boolean;
  hold(transport: Transport): Transport;
  start(): void;
  /** The user has gone. It returns whether what is kept goes on when the same user comes back (rule U20). */
  end(): boolean;
  signOut(options: SignOutOptions): Promise<void> | null;
}
