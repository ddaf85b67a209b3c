import type { Millis } from "@neverstale/base";
import type { Database } from "./tables.ts";
import type { WriterThread } from "./writer-thread.ts";

/** What a store needs of the machine under it: a disk, a clock, and a second thread. */
export interface StoreMachine {
  /** What the data is called in messages: its path. */
  readonly name: string;
  /** Monotonic. */
  now(): Millis;
  /** Runs once the events that wait now have been handled. */
  soon(run: () => void): void;
  /**
   * Takes the lock of the data, and opens it for this thread in today's form. Throws `store_locked`,
   * `store_newer_than_code`, `store_damaged`, `store_unavailable`; nothing stays open then.
   */
  open(): OpenData;
  /** A thread of its own with the same steps on the same data, which is open by now; it ends with `close`. */
  startThread(): WriterThread;
  /** Says of a failure to read or write the data at its opening what the caller can do about it. */
  explain(error: unknown): Error;
  /** See `Store.backup`. */
  backup(path: string): Promise<void>;
}

export interface OpenData {
  readonly database: Database;
  /** Notes that this run ends as it should, before the database is closed; what is not noted so has crashed. */
  endRun(): void;
  /** Gives the lock away; the database has been closed before. */
  release(): void;
}
