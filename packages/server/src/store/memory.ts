/** The memory store keeps everything in this process, for tests, benches and states that end with their process. */

import { assert, SyncError } from "@neverstale/protocol";
import type { Catalog } from "./catalog.ts";
import {
  type AnswerQuery,
  type ChainEntry,
  type ChainHead,
  type ChainQuery,
  type CommitGroup,
  type Confirmation,
  type Fold,
  type HistoryQuery,
  type LogQuery,
  type LogRow,
  type StoreContents,
  type StoredAnswer,
  type StoredHistoryRow,
  StoreFailure,
  type StoreMetrics,
  type Takeover,
} from "./contract.ts";
import { fenced, type MemoryData, MemoryDatabase, type MemoryDatabaseOptions } from "./memory-database.ts";
import type { AliveNode, NodeRow, SharedStore } from "./node-table.ts";
import type { PointListQuery, PointQuery, PointRow, PointsGone, PointTimesQuery } from "./points/point-store.ts";

/** It forgets everything when its process ends. With `database` it is one of several that share what they store. */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  return new MemoryStore(options);
}

export class MemoryStore implements SharedStore {
  /** It holds the copies that `backup` made, by their paths. */
  readonly backups = new Map<string, MemoryData>();
  readonly #database: MemoryDatabase;
  readonly #isShared: boolean;
  /** It is null while the store is not open. */
  #catalog: Catalog | null = null;
  #commits = 0;
  /** Its counter is moved by `confirm`. It is null while this process is not listed. */
  #row: NodeRow | null = null;

  constructor(options: MemoryStoreOptions) {
    this.#isShared = "database" in options;
    this.#database = "database" in options ? options.database : new MemoryDatabase(options);
  }

  /** It returns what is stored now. That is cheap: the rows are shared, only the lists are new. */
  dump(): MemoryData {
    return this.#database.dump();
  }

  read(): Promise<StoreContents> {
    return attempt(() => {
      if (this.#catalog !== null && !this.#isShared)
        throw new SyncError("store_locked", "the store is open already", { hint: "Close it first." });
      const contents = this.#database.read();
      this.#catalog = this.#database.catalog();
      return contents;
    });
  }

  #opened(): Catalog {
    assert(this.#catalog !== null, "the store is not open");
    return this.#catalog;
  }

  takeOver(takeover: Takeover): Promise<ChainHead> {
    return attempt(() => {
      this.#opened().endTerm();
      const head = this.#database.takeOver(takeover);
      this.#catalog = this.#database.catalog();
      this.#catalog.tookOver(head);
      return head;
    });
  }

  commit(group: CommitGroup): void {
    const catalog = this.#opened();
    const plan = catalog.plan(group);
    this.#inTerm(() => this.#database.commit(plan));
    catalog.carriedOut(plan);
    this.#commits += 1;
  }

  /** The term ends with a failure that leaves open who writes now, or what is stored. */
  #inTerm<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      if (error instanceof StoreFailure && error.outcome !== "nothing_moved") this.#opened().endTerm();
      throw error;
    }
  }

  fold(fold: Fold): Promise<void> {
    return attempt(() => {
      const catalog = this.#opened();
      const newest = catalog.requireTerm();
      const head = catalog.get(fold.space)?.head ?? 0;
      this.#inTerm(() => this.#database.fold(fold, newest, head));
    });
  }

  findAnswer(query: AnswerQuery): Promise<StoredAnswer | "expired" | null> {
    return attempt(() => {
      this.#requireNewest();
      return this.#database.findAnswer(query);
    });
  }

  /** Throws `fenced` when the newest entry is not the one that this store wrote last. */
  #requireNewest(): void {
    const newest = this.#opened().requireTerm();
    this.#inTerm(() => {
      if (!this.#database.isAt(newest)) throw fenced();
    });
  }

  readLog(query: LogQuery): Promise<LogRow[]> {
    return this.#reading((database) => database.readLog(query));
  }

  readHistory(query: HistoryQuery): Promise<StoredHistoryRow[]> {
    return this.#reading((database) => database.readHistory(query));
  }

  readChain(query: ChainQuery): Promise<readonly ChainEntry[] | "trimmed"> {
    return this.#reading((database) => database.readChain(query));
  }

  appendPoints(rows: readonly PointRow[]): Promise<number> {
    return this.#writingBeside(({ points }) => rows.filter((row) => !points.append(row)).length);
  }

  dropHistory(positions: readonly number[]): Promise<number> {
    return this.#writingBeside((database) => database.dropHistory(positions));
  }

  dropPoints(gone: PointsGone): Promise<number> {
    return this.#writingBeside(({ points }) => points.drop(gone));
  }

  #writingBeside(work: (database: MemoryDatabase) => number): Promise<number> {
    return attempt(() => {
      const newest = this.#opened().requireTerm();
      return this.#inTerm(() => {
        this.#database.requireTerm(newest);
        return work(this.#database);
      });
    });
  }

  readPoints(query: PointQuery): Promise<readonly PointRow[]> {
    return this.#reading(({ points }) => points.read(query));
  }

  listPoints(query: PointListQuery): Promise<readonly PointRow[]> {
    return this.#reading(({ points }) => points.list(query));
  }

  pointTimes(query: PointTimesQuery): Promise<readonly number[]> {
    return this.#reading(({ points }) => points.times(query));
  }

  confirm(): Promise<Confirmation> {
    return this.#reading((database) => {
      if (this.#row !== null) database.nodes.move(this.#row);
      return database.confirm();
    });
  }

  enterNode(row: NodeRow): Promise<void> {
    return attempt(() => {
      this.#row = row;
      this.#database.nodes.move(row);
    });
  }

  listNodes(): Promise<readonly AliveNode[]> {
    return attempt(() => this.#database.nodes.list());
  }

  leaveNode(): Promise<void> {
    return attempt(() => {
      if (this.#row !== null) this.#database.nodes.leave(this.#row.id);
      this.#row = null;
    });
  }

  removeNode(node: Pick<AliveNode, "id" | "counter">): Promise<void> {
    return attempt(() => this.#database.nodes.remove(node));
  }

  #reading<Result>(work: (database: MemoryDatabase) => Result): Promise<Result> {
    return attempt(() => {
      this.#opened();
      return work(this.#database);
    });
  }

  beat(): Promise<void> {
    return attempt(() => {
      this.#requireNewest();
      this.#database.beat();
    });
  }

  backup(path: string): Promise<void> {
    return attempt(() => {
      this.#opened();
      if (this.backups.has(path))
        throw new SyncError("store_unavailable", `${path} exists already`, { hint: "Choose another name." });
      this.backups.set(path, this.dump());
    });
  }

  close(): Promise<void> {
    return attempt(() => {
      this.#catalog = null;
    });
  }

  metrics(): StoreMetrics {
    return { store_commits_total: this.#commits, ...this.#database.metrics() };
  }
}

export type MemoryStoreOptions = MemoryDatabaseOptions | { readonly database: MemoryDatabase };

/** An error that `work` throws becomes a rejection, as from a store that has to wait. */
async function attempt<Result>(work: () => Result): Promise<Result> {
  return work();
}
