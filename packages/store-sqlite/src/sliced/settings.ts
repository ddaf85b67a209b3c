import { withDefaults } from "@neverstale/server/store";

/** How the work of a store is cut into steps. The defaults suit a disk; tests and the simulator scale them down. */
export interface StoreSettings {
  /** Work in the background holds the write lock for about so long at a time, the disk aside. */
  readonly sliceMs: number;
  /** So few rows of a fold are written in one transaction, whatever the budget: that is cheaper than to be able to take them back. */
  readonly rowsAtOnce: number;
  /** The clock is looked at once in so many rows. */
  readonly rowsPerLook: number;
  /** Rows of a fold that are handed to the thread of the background at a time. */
  readonly rowsPerMessage: number;
  /** Of one table at most so much is deleted before the clock is looked at. */
  readonly trimRows: number;
  readonly trimBytes: number;
  /** Pages in the write-ahead log after which they are moved to the database file. */
  readonly checkpointPages: number;
  readonly pageBytes: number;
  /** Pages that a commit moves, whatever it holds. */
  readonly pagesPerCommit: number;
  /** Commits made when a store is opened, to learn how quick the disk is. */
  readonly probes: number;
}

export const STORE_SETTINGS: StoreSettings = {
  sliceMs: 1.5,
  rowsAtOnce: 256,
  rowsPerLook: 16,
  rowsPerMessage: 512,
  trimRows: 128,
  trimBytes: 1_000_000,
  checkpointPages: 1_000, // 4 MiB.
  pageBytes: 4_096,
  pagesPerCommit: 4,
  probes: 4,
};

/** No step may be without an end. Throws a plain error that names the setting that can't be one. */
export function settingsFrom(given: Partial<StoreSettings> | undefined): StoreSettings {
  const most = Number.MAX_SAFE_INTEGER;
  return withDefaults(STORE_SETTINGS, given, "settings", {
    zero: ["sliceMs", "probes", "pagesPerCommit"],
    mostMs: most,
    most,
  });
}
