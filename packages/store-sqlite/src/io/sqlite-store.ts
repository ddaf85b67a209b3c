/** The SQLite store keeps everything in one SQLite file, with its write-ahead log and its lock beside it. */

import { resolve } from "node:path";
import type { Millis } from "@neverstale/base";
import { type Store, withDefaults } from "@neverstale/server/store";
import { type StoreSettings, settingsFrom } from "../sliced/settings.ts";
import { SlicedStore, type SlicedStoreOptions } from "../sliced/sliced-store.ts";
import type { OpenData, StoreMachine } from "../sliced/store-machine.ts";
import type { WriterThread } from "../sliced/writer-thread.ts";
import { backupDatabase } from "./backup.ts";
import { failureToOpen, openDatabase, withReason } from "./files/open-database.ts";
import { realPath } from "./files/real-path.ts";
import { MIGRATIONS } from "./files/schema.ts";
import type { DatabaseSettings } from "./sqlite-database.ts";
import { hasWorker } from "./start-worker.ts";
import { WorkerWriter } from "./worker-writer.ts";

/** Nothing is touched before `open`. */
export function sqliteStore(path: string, options: SqliteStoreOptions = {}): Store {
  return new SlicedStore(new SqliteMachine(resolve(path), options), { ...options, writer: writerOf(options) });
}

/** Where a bundle has left out the program of the thread, everything runs on this one. */
function writerOf({ writer = "auto" }: SqliteStoreOptions): "auto" | "inline" | "worker" {
  return writer === "auto" && !hasWorker("writer-worker") ? "inline" : writer;
}

export interface SqliteStoreOptions extends SlicedStoreOptions {
  /** The database file grows no further than this. Commits are refused then, as with a full disk. By default there is no bound. */
  readonly maxBytes?: number;
  /**
   * With it, a file is opened that its last server did not close, although its write-ahead log is gone, and with the log
   * what was committed last. Without it, which is the default, such a file is `store_damaged`.
   */
  readonly acceptLostLog?: boolean;
}

const UNBOUNDED = { maxBytes: Number.POSITIVE_INFINITY };

/** It is this machine, and a file on it. */
class SqliteMachine implements StoreMachine {
  readonly name: string;
  readonly #options: SqliteStoreOptions;
  readonly #maxBytes: number;
  readonly #steps: StoreSettings;

  constructor(path: string, options: SqliteStoreOptions) {
    this.name = path;
    this.#maxBytes = withDefaults(
      UNBOUNDED,
      { maxBytes: options.maxBytes as number },
      "the options of the store",
    ).maxBytes;
    this.#options = options;
    this.#steps = settingsFrom(options.settings);
  }

  readonly now = (): Millis => performance.now();

  readonly soon = (run: () => void): void => {
    setImmediate(run);
  };

  open(): OpenData {
    return withReason(this.name, () => openDatabase(this.#settings(), MIGRATIONS, this.#options.acceptLostLog));
  }

  startThread(): WriterThread {
    return new WorkerWriter({ database: this.#settings(), steps: this.#steps });
  }

  explain(error: unknown): Error {
    return failureToOpen(this.name, error);
  }

  backup(path: string): Promise<void> {
    return backupDatabase(realPath(this.name), resolve(path));
  }

  #settings(): DatabaseSettings {
    return { path: realPath(this.name), maxBytes: this.#maxBytes };
  }
}
