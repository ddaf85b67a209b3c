import { withDefaults } from "../limits/with-defaults.ts";
import { CATCH_UP } from "../runtime/age-clock.ts";

/** What is kept, and for how long. Ages are measured against the newest commit's `ageAt`; before the first one nothing is old. */
export interface Retention {
  /** Changes in the log, of all spaces together. What is not folded yet stays in any case. */
  readonly logChanges: number;
  /** Their texts. Characters are UTF-16 code units, here and below: bytes, where the text is ASCII. */
  readonly logChars: number;
  readonly logAgeMs: number;
  /** Answers under idempotency keys: in all, of one owner, and their texts. At a bound of an owner his own oldest go. */
  readonly answers: number;
  readonly answersPerOwner: number;
  readonly answerChars: number;
  readonly answerAgeMs: number;
  /** Owners whose dropped answers are told apart; beyond it the oldest of them count as everybody's (rule D1). */
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
  answers: 100_000,
  answersPerOwner: 20_000,
  answerChars: 64 * MI,
  answerAgeMs: DAY_MS * CATCH_UP, // Of the time that passes, a day at least.
  expiredOwners: 10_000,
  historyRows: 1_000_000,
  historyChars: 1_024 * MI,
  historyAgeMs: 30 * DAY_MS,
};

/** With 0 nothing is kept. Throws a plain error that names the bound that can't be one. */
export function retentionFrom(given: Partial<Retention> | undefined): Retention {
  return withDefaults(RETENTION, given, "retention", { zero: "all" });
}
