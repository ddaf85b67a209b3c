/** The store machine is what a sliced store needs of the machine under it: a disk, a clock, and a second thread. */

import type { Millis } from "@neverstale/base";
import type { Database } from "./tables.ts";
import type { WriterThread } from "./writer-thread.ts";

export interface StoreMachine {
  /** Messages call the data by this name, which is its path. */
  readonly name: string;
  /** It is monotonic. */
  now(): Millis;
  /** It calls `run` once the events that wait now have been handled. */
  soon(run: () => void): void;
  /**
   * Takes the lock of the data, and opens it for this thread in today's form. It throws `store_locked`,
   * `store_newer_than_code`, `store_damaged` or `store_unavailable`, and nothing stays open then.
   */
  open(): OpenData;
  /** Starts a thread with the same steps on the same data, which is open by now. The thread ends with `close`. */
  startThread(): WriterThread;
  /** When the data could not be read or written at its opening, this says what the caller can do about it. */
  explain(error: unknown): Error;
  /** This is `Store.backup`. */
  backup(path: string): Promise<void>;
}

export interface OpenData {
  readonly database: Database;
  /** Notes that this run ends as it should, before the database is closed. A run without that note has crashed. */
  endRun(): void;
  /** Releases the lock. The database has been closed before. */
  release(): void;
}
