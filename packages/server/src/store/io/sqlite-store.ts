import { resolve } from "node:path";
import { assert, SyncError } from "@neverstale/protocol";
import { Catalog, type CommitPlan, type PlanDraft } from "../catalog.ts";
import {
  type CommitGroup,
  type Fold,
  type HistoryQuery,
  type HistoryRow,
  type LogQuery,
  type LogRow,
  RETENTION,
  type Retention,
  type Store,
  type StoreContents,
  type StoredAnswer,
  StoreFailure,
  type StoreMetrics,
} from "../contract.ts";
import { Turns } from "../turns.ts";
import { afterCommit, INLINE, type WriterChoice } from "../writer-choice.ts";
import { copyInWorker } from "./backup.ts";
import type { DataLock } from "./data-lock.ts";
import type { DatabaseWriter } from "./database-writer.ts";
import type { FoldRow } from "./fold-rows.ts";
import { openDatabase, withReason } from "./open-database.ts";
import { Queries } from "./queries.ts";
import { MIGRATIONS } from "./schema.ts";
import { StoreCounters } from "./store-counters.ts";
import { LocalWriter, WorkerWriter, type WriterThread } from "./writer-thread.ts";

export interface SqliteStoreOptions {
  /**
   * Where commits run. `auto` (the default): on this thread while the disk is quick, else on a thread of their own, which
   * also does what goes on in the background. `inline`: everything on this thread. `worker`: all writing on the other one.
   */
  readonly writer?: "auto" | "inline" | "worker";
  readonly retention?: Partial<Retention>;
  /** The database file grows no further: commits are refused then, as with a full disk. Default: no bound. */
  readonly maxBytes?: number;
}

/** A store in one SQLite file, with its write-ahead log and its lock beside it. Nothing is touched before `open`. */
export function sqliteStore(path: string, options: SqliteStoreOptions = {}): Store {
  return new SqliteStore(resolve(path), options);
}

/** Work in the background holds the write lock for about so long at a time, the disk aside. */
const SLICE_MS = 1.5;
const ROWS_PER_MESSAGE = 512;
const TRIM_STEPS_PER_FOLD = 64;
/** 4 MiB of write-ahead log. */
const CHECKPOINT_PAGES = 1_000;
const PAGE_BYTES = 4_096;
/** Pages that a commit moves, whatever it holds. */
const PAGES_PER_COMMIT = 4;
const PROBES = 4;

/** What there is while the store is open. */
interface Opened {
  readonly lock: DataLock;
  /** On this thread. */
  readonly writer: DatabaseWriter;
  /** Does the background work, and commits where that is better. */
  readonly thread: WriterThread;
  readonly catalog: Catalog;
  readonly queries: Queries;
}

class SqliteStore implements Store {
  readonly #path: string;
  readonly #options: SqliteStoreOptions;
  readonly #retention: Retention;
  readonly #counters = new StoreCounters();
  /** Whoever writes has its turn: commits, slices of a fold, steps of trimming. */
  readonly #turns = new Turns();
  readonly #underWay = new Set<Promise<unknown>>();
  #opened: Opened | null = null;
  #opening = false;
  #choice: WriterChoice = INLINE;
  #stopped: StoreFailure | null = null;
  #committing = false;
  #folding = false;
  #checkpointing = false;
  /** `ageAt` of the newest commit. */
  #ageAt = 0;
  /** About how many pages of the write-ahead log are not in the database file yet. */
  #logPages = 0;

  constructor(path: string, options: SqliteStoreOptions) {
    this.#path = path;
    this.#options = options;
    this.#retention = { ...RETENTION, ...options.retention };
  }

  async open(): Promise<StoreContents> {
    if (this.#opened !== null || this.#opening) {
      throw new SyncError("store_locked", `process ${process.pid} works on ${this.#path}`, { hint: "Close it first." });
    }
    this.#opening = true;
    try {
      return await this.#open();
    } finally {
      this.#opening = false;
    }
  }

  async #open(): Promise<StoreContents> {
    const settings = { path: this.#path, maxBytes: this.#options.maxBytes ?? Number.POSITIVE_INFINITY };
    const { lock, writer, contents } = openDatabase(settings, MIGRATIONS);
    const thread = this.#options.writer === "inline" ? new LocalWriter(writer) : new WorkerWriter(settings);
    try {
      await thread.ask("checkpoint");
      this.#choice = this.#firstChoice(writer);
    } catch (error) {
      await closeAll({ lock, writer, thread });
      return withReason(this.#path, () => {
        throw error;
      });
    }
    const entries = contents.spaces.map(({ id, contents: { name, creationId, log, foldedVersion } }) => {
      return [name, { id, creationId, head: log.at(-1)?.lastVersion ?? foldedVersion }] as const;
    });
    const catalog = new Catalog(entries, contents.counters);
    this.#opened = { lock, writer, thread, catalog, queries: new Queries(writer.db) };
    this.#stopped = null;
    const { epochs, newestAnswerAt } = contents;
    return { epochs, spaces: contents.spaces.map((space) => space.contents), newestAnswerAt };
  }

  /** Some commits tell how quick the disk is; the first one also sets up the write-ahead log, and says nothing. */
  #firstChoice(writer: DatabaseWriter): WriterChoice {
    const { writer: wanted = "auto" } = this.#options;
    if (wanted !== "auto") return { ...INLINE, where: wanted };
    writer.probe();
    let choice = INLINE;
    for (let n = 0; n < PROBES && choice.where === "inline"; n += 1) {
      const started = performance.now();
      writer.probe();
      choice = afterCommit(choice, performance.now() - started);
    }
    return choice;
  }

  /** Throws the failure that stopped the store, if one did. */
  #running(): Opened {
    assert(this.#opened !== null, "the store is not open");
    if (this.#stopped !== null) throw this.#stopped;
    return this.#opened;
  }

  beginEpoch(epoch: string): Promise<void> {
    return this.#track(this.#inTurn(({ writer }) => writer.beginEpoch(epoch)));
  }

  commit(group: CommitGroup): void | Promise<void> {
    const opened = this.#running();
    assert(!this.#committing, "one commit at a time");
    const plan = opened.catalog.plan(group);
    if (this.#choice.where === "inline" && this.#turns.free) return this.#commitHere(opened, plan);
    this.#committing = true;
    const committed = this.#inTurn((current) => this.#commitWhereBest(current, plan));
    return this.#track(committed).finally(() => {
      this.#committing = false;
    });
  }

  #commitWhereBest(opened: Opened, plan: PlanDraft): void | Promise<void> {
    return this.#choice.where === "inline" ? this.#commitHere(opened, plan) : this.#commitThere(opened, plan);
  }

  #commitHere({ writer, catalog }: Opened, plan: PlanDraft): void {
    const rows = plan.encoded();
    const started = performance.now();
    try {
      writer.commit(rows);
    } catch (error) {
      throw this.#failed(error);
    }
    catalog.carriedOut(plan);
    this.#committed(rows, performance.now() - started);
  }

  async #commitThere({ thread, catalog }: Opened, plan: PlanDraft): Promise<void> {
    const rows = plan.encoded();
    const { tookMs } = await thread.ask("commit", rows);
    catalog.carriedOut(plan);
    this.#committed(rows, tookMs);
  }

  #committed(rows: CommitPlan, tookMs: number): void {
    this.#ageAt = rows.ageAt;
    this.#counters.committed(this.#choice.where, tookMs);
    const { writer = "auto" } = this.#options;
    if (writer === "auto") this.#choice = afterCommit(this.#choice, tookMs);
    this.#wrote(pagesOf(rows));
  }

  /** Runs `work` when its turn has come, unless the store was stopped or closed before that. */
  async #inTurn<Result>(work: (opened: Opened) => Result | Promise<Result>): Promise<Result> {
    try {
      return await this.#turns.take(() => work(this.#running()));
    } catch (error) {
      throw this.#failed(error);
    }
  }

  /** After a failure that leaves open what is on disk, nothing more is written (rule A1). */
  #failed(error: unknown): unknown {
    if (error instanceof StoreFailure && error.outcome === "unknown") this.#stopped ??= error;
    // What is in the database file needs no room in the log: with it there, a full disk may do for a while.
    else if (error instanceof StoreFailure) this.#wrote(CHECKPOINT_PAGES);
    return error;
  }

  /** `close` waits for it. */
  #track<Result>(work: Promise<Result>): Promise<Result> {
    this.#underWay.add(work);
    const done = () => this.#underWay.delete(work);
    work.then(done, done);
    return work;
  }

  fold(fold: Fold): Promise<void> {
    return this.#track(this.#fold(fold));
  }

  async #fold(fold: Fold): Promise<void> {
    this.#running();
    assert(!this.#folding, "one fold at a time");
    this.#folding = true;
    try {
      const spaceId = await this.#foldRows(fold);
      await this.#trim(spaceId);
    } finally {
      this.#folding = false;
    }
  }

  /** The space's number, or null when there is no such space any more. */
  async #foldRows(fold: Fold): Promise<number | null> {
    const { thread, catalog } = this.#running();
    const entry = catalog.get(fold.space);
    if (entry?.creationId !== fold.creationId) return null;
    assert(fold.version <= entry.head, `"${fold.space}" has no version ${fold.version} yet`);
    const started = performance.now();
    try {
      for (const rows of messagesOf(fold)) await this.#background(thread.ask("takeRows", rows));
      while (!(await this.#inTurn(() => this.#foldSlice(fold, entry.id))));
    } catch (error) {
      await thread.ask("dropRows").catch(() => {});
      throw error;
    }
    const rows = fold.records.length + fold.tombstones.length;
    this.#counters.folded(rows, performance.now() - started);
    return entry.id;
  }

  async #foldSlice(fold: Fold, spaceId: number): Promise<boolean> {
    const { thread, catalog } = this.#running();
    if (catalog.get(fold.space)?.id !== spaceId) {
      await thread.ask("dropRows");
      return true;
    }
    const { version, tombstoneFloor, digest } = fold;
    const { value } = await thread.ask("writeRows", spaceId, { version, tombstoneFloor, digest }, SLICE_MS);
    this.#wrote(value.rows);
    return value.last;
  }

  async #background<Result>(step: Promise<Result>): Promise<Result> {
    try {
      return await step;
    } catch (error) {
      throw this.#failed(error);
    }
  }

  async #trim(spaceId: number | null): Promise<void> {
    for (let step = 0; step < TRIM_STEPS_PER_FOLD; step += 1) {
      const done = await this.#inTurn(({ thread, catalog }) => {
        const limits = { ...this.#retention, now: this.#ageAt, total: catalog.counters.total, spaceId };
        return thread.ask("trim", limits);
      });
      if (done.value) return;
      this.#wrote(PAGES_PER_COMMIT);
    }
  }

  /** Keeps the write-ahead log short, on the thread of the background work. */
  #wrote(pages: number): void {
    this.#logPages += pages;
    if (this.#logPages < CHECKPOINT_PAGES || this.#checkpointing || this.#opened === null) return;
    this.#checkpointing = true;
    const checkpoint = this.#checkpoint(this.#opened).catch((error) => {
      this.#stopped ??=
        error instanceof StoreFailure ? error : new StoreFailure("unknown", "a checkpoint failed", error);
    });
    void this.#track(checkpoint).finally(() => {
      this.#checkpointing = false;
    });
  }

  /**
   * The long way beside commits; then what these have added meanwhile, with the next commit waiting: only from a moment
   * at which all of it is in the database file does the log start anew, over blocks that the file has already. A log that
   * grows for ever costs twice as much for each sync. The first step can't tell whether the second is needed: it counts
   * the pages that there were when it began.
   */
  async #checkpoint({ thread }: Opened): Promise<void> {
    const beside = await thread.ask("checkpoint");
    this.#counters.checkpointed(beside.value);
    const { value } = await this.#inTurn(() => thread.ask("checkpoint"));
    this.#logPages = value.logPages - value.donePages;
  }

  async findAnswer(key: string): Promise<StoredAnswer | null> {
    return this.#running().queries.answer(key, this.#ageAt - this.#retention.answerAgeMs);
  }

  async readLog(query: LogQuery): Promise<LogRow[]> {
    const { catalog, queries } = this.#running();
    const entry = catalog.get(query.space);
    return entry === null ? [] : queries.log(query, entry.id);
  }

  async readHistory(query: HistoryQuery): Promise<HistoryRow[]> {
    return this.#running().queries.history(query);
  }

  backup(path: string): Promise<void> {
    this.#running();
    return this.#track(copyInWorker(this.#path, resolve(path)));
  }

  async close(): Promise<void> {
    if (this.#opened === null) return;
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    const opened = this.#opened;
    this.#opened = null;
    if (this.#stopped === null) await opened.thread.ask("checkpoint").catch(() => {});
    await closeAll(opened);
  }

  metrics(): StoreMetrics {
    return { ...this.#counters.read(this.#choice.where, this.#logPages), ...this.#kept() };
  }

  /** A disk that fails must not take the other metrics with it. */
  #kept(): StoreMetrics {
    if (this.#opened === null) return {};
    const { queries, catalog } = this.#opened;
    try {
      return queries.kept(catalog.counters.total);
    } catch {
      return {};
    }
  }
}

async function closeAll({ lock, writer, thread }: Pick<Opened, "lock" | "writer" | "thread">): Promise<void> {
  await thread.ask("close").catch(() => {});
  writer.close();
  lock.release();
}

function pagesOf({ log, history, answers }: CommitPlan): number {
  let bytes = 0;
  for (const row of log) bytes += row.changes.length;
  for (const row of history) bytes += row.text.length;
  for (const row of answers) bytes += row.answer.length;
  return PAGES_PER_COMMIT + Math.ceil(bytes / PAGE_BYTES);
}

/** The rows of a fold in pieces, so that handing them over never holds up the event loop for long. */
function* messagesOf({ records, tombstones }: Fold): Generator<FoldRow[]> {
  for (let from = 0; from < records.length; from += ROWS_PER_MESSAGE) {
    yield records.slice(from, from + ROWS_PER_MESSAGE).map((row) => [row.collection, row.id, row.version, row.text]);
  }
  for (let from = 0; from < tombstones.length; from += ROWS_PER_MESSAGE) {
    yield tombstones.slice(from, from + ROWS_PER_MESSAGE).map((row) => [row.collection, row.id, row.version, null]);
  }
}
