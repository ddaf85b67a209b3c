/** The settings say how the work of a store is cut into steps. */

import { withDefaults } from "@neverstale/server/store";

/** The defaults suit a disk. Tests and the simulator scale them down. */
export interface StoreSettings {
  /** Background work holds the write lock for about so long at a time, not counting the disk. */
  readonly sliceMs: number;
  /**
   * A fold of so few rows is written in one transaction, however long that takes: it is cheaper than to note how to take them
   * back.
   */
  readonly rowsAtOnce: number;
  /** The clock is read once in so many rows. */
  readonly rowsPerLook: number;
  /** So many rows of a fold are handed to the background thread at a time. */
  readonly rowsPerMessage: number;
  /** So many rows of points are written, or deleted, in one step. */
  readonly pointRows: number;
  /** At most so much of one table is deleted before the clock is read. */
  readonly trimRows: number;
  readonly trimBytes: number;
  /** With so many pages in the write-ahead log, they are moved to the database file. */
  readonly checkpointPages: number;
  readonly pageBytes: number;
  /** Each commit moves so many pages, whatever it holds. */
  readonly pagesPerCommit: number;
  /** So many commits are made when a store is opened, to learn how quick the disk is. */
  readonly probes: number;
}

export const STORE_SETTINGS: StoreSettings = {
  sliceMs: 1.5,
  rowsAtOnce: 256,
  rowsPerLook: 16,
  rowsPerMessage: 512,
  pointRows: 128,
  trimRows: 128,
  trimBytes: 1_000_000,
  checkpointPages: 1_000, // That is 4 MiB.
  pageBytes: 4_096,
  pagesPerCommit: 4,
  probes: 4,
};

/** No step may be without an end. It throws a plain error that names the setting which can't be one. */
export function settingsFrom(given: Partial<StoreSettings> | undefined): StoreSettings {
  const most = Number.MAX_SAFE_INTEGER;
  return withDefaults(STORE_SETTINGS, given, "settings", {
    zero: ["sliceMs", "probes", "pagesPerCommit"],
    mostMs: most,
    most,
  });
}
