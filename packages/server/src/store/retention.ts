/** The retention says what a store keeps of the past, and for how long. */

import { withDefaults } from "../limits/with-defaults.ts";
import { CATCH_UP } from "../runtime/age-clock.ts";

/** Ages are measured against the `ageAt` of the newest entry of the chain. Before the first one nothing is old. */
export interface Retention {
  /** This counts the changes in the log, of all spaces together. Those that are not folded yet stay in any case. */
  readonly logChanges: number;
  /**
   * This counts the characters of their texts. Characters are UTF-16 code units here and below: bytes, where the text is ASCII.
   */
  readonly logChars: number;
  readonly logAgeMs: number;
  /**
   * This counts the entries of the chain, with changes or without. What goes from the log goes from the chain too. The newest
   * entry and the newest takeover stay in any case.
   */
  readonly chainEntries: number;
  /** So many epochs are kept, each with its lineage rows. Those that an entry of the chain or the log names stay in any case. */
  readonly epochs: number;
  /** These bound the answers under idempotency keys. At the bound of one owner his own oldest answers go. */
  readonly answers: number;
  readonly answersPerOwner: number;
  readonly answerChars: number;
  readonly answerAgeMs: number;
  /** The dropped answers of so many owners are told apart. Beyond it the oldest of them count as everybody's (rule D1). */
  readonly expiredOwners: number;
  readonly historyRows: number;
  readonly historyChars: number;
  readonly historyAgeMs: number;
}

const DAY_MS = 24 * 60 * 60 * 1_000;
const MI = 1_024 * 1_024;

export const RETENTION: Retention = {
  logChanges: 1_000_000,
  logChars: 512 * MI,
  logAgeMs: DAY_MS,
  chainEntries: 1_000_000,
  epochs: 10_000,
  answers: 100_000,
  answersPerOwner: 20_000,
  answerChars: 64 * MI,
  answerAgeMs: DAY_MS * CATCH_UP, // This is at least a day of the time that passes.
  expiredOwners: 10_000,
  historyRows: 1_000_000,
  historyChars: 1_024 * MI,
  historyAgeMs: 30 * DAY_MS,
};

/** With 0 nothing is kept. It throws a plain error that names the bound which can't be one. */
export function retentionFrom(given: Partial<Retention> | undefined): Retention {
  return withDefaults(RETENTION, given, "retention", { zero: "all" });
}
