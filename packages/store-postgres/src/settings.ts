/** The settings say how long the store waits for its database, and how its work is cut into steps. */

import { withDefaults } from "@neverstale/server/store";

export interface PostgresSettings {
  /** A connection that is not there after this time is given up. */
  readonly connectMs: number;
  /** A statement without an answer after this time is given up, together with its connection. */
  readonly answerMs: number;
  /** After a connection that failed, the next one is tried after a part of this time, which doubles with each failure. */
  readonly firstRetryMs: number;
  readonly longestRetryMs: number;
  /** The texts of one group have so many bytes at most. */
  readonly groupBytes: number;
  /** So many calls may wait for one connection. */
  readonly waitingCalls: number;
  /** A fold sends so many rows, and about so many characters, with one statement. */
  readonly foldRows: number;
  readonly foldChars: number;
  /** An open reads so many rows with one statement. */
  readonly readRows: number;
  /** Trimming deletes so many rows of one table with one statement. */
  readonly trimRows: number;
}

/** A timer that is set for longer goes off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const MIB = 1_024 * 1_024;

const POSTGRES_SETTINGS: PostgresSettings = {
  connectMs: 5_000,
  answerMs: 10_000,
  firstRetryMs: 100,
  longestRetryMs: 5_000,
  groupBytes: 16 * MIB,
  waitingCalls: 10_000,
  foldRows: 1_000,
  foldChars: MIB,
  readRows: 5_000,
  trimRows: 500,
};

/** It throws a plain error that names the setting which can't be one. */
export function postgresSettingsFrom(given: Partial<PostgresSettings> | undefined): PostgresSettings {
  const most = Number.MAX_SAFE_INTEGER;
  return withDefaults(POSTGRES_SETTINGS, given, "settings", {
    zero: ["firstRetryMs", "longestRetryMs"],
    mostMs: LONGEST_TIMER_MS,
    most,
  });
}
