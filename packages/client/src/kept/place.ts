/** The place where replicas are kept is a small table of a browser. All of it is read and written in transactions. */

import type { Position } from "@neverstale/protocol";

export interface KeptPlace {
  /**
   * Calls `decide` with what the place knows, and with the texts of the replica `read`, by bucket. It carries out what that returns, all
   * in one transaction. When it rejects, nothing was done.
   */
  transact(decide: (found: FoundKept) => PlaceStep, read?: string): Promise<void>;
  /** It remembers at once, over a reload as well, that this must be deleted. Null stands for all. */
  doom(key: string | null): void;
  /** Returns what must be deleted still: all, or the replicas of these keys. */
  doomed(): Doomed;
  /** That has been deleted. What came to it since stays. */
  spare(deleted: Doomed): void;
  /** Tells the other pages of this browser that a user's replicas must not be shown any longer. */
  tell(user: string): void;
  /** It is called when another page has told. */
  hear(told: (user: string) => void): void;
}

export type Doomed = "all" | readonly string[];

/** It is known of a replica that is kept, apart from its records. */
export interface KeptMeta {
  readonly key: string;
  readonly user: string;
  readonly position: Position;
  /** The wall clock said this when the replica was last known to hold all that the authority had. */
  readonly confirmedAt: number;
  /** The wall clock said this when it was written. */
  readonly writtenAt: number;
  /** Each writing draws one. So whoever wrote before knows whether anybody else has written since. */
  readonly stamp: string;
  /** All of its texts together have so many bytes. */
  readonly bytes: number;
}

export interface FoundKept {
  /** It counts how often everything was deleted. */
  readonly era: number;
  readonly metas: readonly KeptMeta[];
  readonly texts: ReadonlyMap<number, string>;
}

export interface PlaceStep {
  /** The replicas of these keys are deleted. */
  readonly drop?: readonly string[];
  /** A new era begins. */
  readonly era?: number;
  readonly write?: {
    readonly meta: KeptMeta;
    /** A bucket without a text is deleted. */
    readonly texts: ReadonlyMap<number, string | null>;
  };
}
