/** A node learns by a confirmation that it has all that was committed when it asked: what it tells of the head goes by that. */

import type { Millis } from "@neverstale/base";

/** Confirmations have numbers, in the order in which they were begun. */
export interface Confirming {
  /** The newest one that was begun has this number. Its answer may be out. */
  readonly begun: number;
  /** The newest one that has come has this number. */
  readonly newest: number;
  /** The newest one that has come was begun at this time. */
  readonly askedAt: Millis;
  /**
   * The newest entry that the node holds was the newest of all at this time or later. It is minus infinity where the newest
   * confirmation was for an earlier entry: one that was pushed since then may come late, from a tail that the database has lost.
   */
  readonly vouchedAt: Millis;
  /** Has one begun soon. */
  ask(): void;
  /** The listener is called when one has come that somebody has asked for. This returns how to take it back. */
  onConfirmed(listener: () => void): () => void;
}
