import type { Millis } from "@neverstale/base";
import { Turns } from "@neverstale/base";
import { assert, SyncError } from "@neverstale/protocol";
import type { Catalog, CommitPlan, PlanDraft } from "@neverstale/server/store";
import {
  type AnswerQuery,
  type AnswerSize,
  type CommitGroup,
  charsOf,
  type Fold,
  findAnswer,
  type HistoryQuery,
  KeptAnswers,
  type LogQuery,
  type LogRow,
  type Retention,
  retentionFrom,
  type Store,
  type StoreContents,
  type StoredAnswer,
  type StoredHistoryRow,
  StoreFailure,
  type StoreMetrics,
} from "@neverstale/server/store";
import { type StoreSettings, settingsFrom } from "./settings.ts";
import { piecesOf } from "./steps/fold-rows.ts";
import { catalogOf, readAnew } from "./steps/read-contents.ts";
import { StoreSteps } from "./steps/store-steps.ts";
import type { Trimmed } from "./steps/trimmer.ts";
import { pagesOf } from "./steps/write-commit.ts";
import { keptRows, StoreCounters } from "./store-counters.ts";
import type { OpenData, StoreMachine } from "./store-machine.ts";
import type { QueryTables, TableCounts } from "./tables.ts";
import { afterCommit, INLINE, type WriterChoice } from "./writer-choice.ts";
import { LocalWriter, type WriterThread } from "./writer-thread.ts";

export interface SlicedStoreOptions {
  /**
   * Where commits run. `auto` (the default): on this thread while the disk is quick, else on a thread of their own, which
   * also does what goes on in the background. `inline`: everything on this thread. `worker`: all writing on the other one.
   */
  readonly writer?: "auto" | "inline" | "worker";
  readonly retention?: Partial<Retention>;
  readonly settings?: Partial<StoreSettings>;
}

/** What there is while the store is open. */
interface Opened {
  readonly data: OpenData;
  /** On this thread. */
  readonly steps: StoreSteps;
  /** Does the background work, and commits where that is better. */
  readonly thread: WriterThread;
  readonly catalog: Catalog;
  readonly queries: QueryTables;
  readonly answers: KeptAnswers;
}

/**
 * A store whose work is cut into steps, so that a commit never waits for longer than one of them: folds go in slices
 * that a crash takes back, trimming and checkpoints run in between. It knows no disk: `machine` does.
 */
export class SlicedStore implements Store {
  readonly #machine: StoreMachine;
  readonly #wanted: "auto" | "inline" | "worker";
  readonly #settings: StoreSettings;
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
  /** Rows that commits have added since trimming was last asked for. */
  #added = 0;
  /** As the last trimming left the tables. */
  #left: TableCounts = { undo: 0, tombstones: 0, endedSpaces: 0 };
  /** About how many pages of the write-ahead log are not in the database file yet. */
  #logPages = 0;

  constructor(machine: StoreMachine, { writer = "auto", retention, settings }: SlicedStoreOptions = {}) {
    this.#machine = machine;
    this.#wanted = writer;
    this.#retention = retentionFrom(retention);
    this.#settings = settingsFrom(settings);
  }

  async open(): Promise<StoreContents> {
    if (this.#opened !== null || this.#opening) {
      throw new SyncError("store_locked", `this very store works on ${this.#machine.name} already`, {
        hint: "Close it first.",
      });
    }
    this.#opening = true;
    try {
      return await this.#open();
    } finally {
      this.#opening = false;
    }
  }

  async #open(): Promise<StoreContents> {
    const data = this.#machine.open();
    const steps = new StoreSteps(data.database, this.#machine.now, this.#settings);
    let thread: WriterThread | null = null;
    try {
      const contents = readAnew(data.database.full);
      thread = this.#startThread(steps);
      await thread.ask("checkpoint");
      this.#choice = this.#firstChoice(steps);
      const { queries, trims } = data.database.full.tables;
      const answers = new KeptAnswers(contents.answers, this.#retention);
      this.#opened = { data, steps, thread, catalog: catalogOf(contents), queries, answers };
      this.#left = trims.counts();
      this.#stopped = null;
      const { epochs, newestAnswerAt } = contents;
      return { epochs, spaces: contents.spaces.map((space) => space.contents), newestAnswerAt };
    } catch (error) {
      await closeAll(data, steps, thread);
      throw this.#machine.explain(error);
    }
  }

  #startThread(steps: StoreSteps): WriterThread {
    const { now, soon } = this.#machine;
    return this.#wanted === "inline" ? new LocalWriter(steps, now, soon) : this.#machine.startThread();
  }

  /** Some commits tell how quick the disk is; the first one also sets up the write-ahead log, and says nothing. */
  #firstChoice(steps: StoreSteps): WriterChoice {
    if (this.#wanted !== "auto") return { ...INLINE, where: this.#wanted };
    steps.probe();
    let choice = INLINE;
    for (let n = 0; n < this.#settings.probes && choice.where === "inline"; n += 1) {
      const started = this.#machine.now();
      steps.probe();
      choice = afterCommit(choice, this.#machine.now() - started);
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
    return this.#track(this.#inTurn(({ steps }) => steps.beginEpoch(epoch)));
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

  #commitHere(opened: Opened, plan: PlanDraft): void {
    const rows = plan.encoded();
    const started = this.#machine.now();
    let replaced: readonly AnswerSize[];
    try {
      replaced = opened.steps.commit(rows);
    } catch (error) {
      throw this.#failed(error);
    }
    this.#committed(opened, plan, rows, replaced, this.#machine.now() - started);
  }

  async #commitThere(opened: Opened, plan: PlanDraft): Promise<void> {
    const rows = plan.encoded();
    const { value, tookMs } = await opened.thread.ask("commit", rows);
    this.#committed(opened, plan, rows, value, tookMs);
  }

  #committed(
    { catalog, answers }: Opened,
    plan: PlanDraft,
    rows: CommitPlan,
    replaced: readonly AnswerSize[],
    tookMs: Millis,
  ): void {
    catalog.carriedOut(plan);
    for (const answer of replaced) answers.drop(answer);
    for (const answer of rows.answers) answers.add({ owner: answer.owner, chars: charsOf(answer) });
    this.#added += rows.log.length + rows.history.length + rows.answers.length;
    this.#ageAt = rows.ageAt;
    this.#counters.committed(this.#choice.where, tookMs);
    if (this.#wanted === "auto") this.#choice = afterCommit(this.#choice, tookMs);
    this.#wrote(pagesOf(rows, this.#settings));
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
    else if (error instanceof StoreFailure) this.#wrote(this.#settings.checkpointPages);
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
    const started = this.#machine.now();
    try {
      for (const rows of piecesOf(fold, this.#settings.rowsPerMessage))
        await this.#background(thread.ask("takeRows", rows));
      while (!(await this.#inTurn(() => this.#foldSlice(fold, entry.id))));
    } catch (error) {
      await thread.ask("dropRows").catch(() => {});
      throw error;
    }
    const rows = fold.records.length + fold.tombstones.length;
    this.#counters.folded(rows, this.#machine.now() - started);
    return entry.id;
  }

  async #foldSlice(fold: Fold, spaceId: number): Promise<boolean> {
    const { thread, catalog } = this.#running();
    if (catalog.get(fold.space)?.id !== spaceId) {
      await thread.ask("dropRows");
      return true;
    }
    const { version, tombstoneFloor, digest } = fold;
    const { value } = await thread.ask("writeRows", spaceId, { version, tombstoneFloor, digest });
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

  /** Until nothing is due, a step at a time; commits go in between. */
  async #trim(spaceId: number | null): Promise<void> {
    for (;;) {
      const { left } = await this.#inTurn((opened) => this.#trimStep(opened, spaceId));
      if (left === null) continue;
      this.#left = left;
      return;
    }
  }

  async #trimStep({ thread, catalog, answers }: Opened, spaceId: number | null): Promise<Trimmed> {
    const least = this.#added;
    this.#added = 0;
    const { value } = await thread.ask("trim", {
      retention: this.#retention,
      now: this.#ageAt,
      counters: catalog.counters,
      answers: answers.due,
      spaceId,
      least,
    });
    for (const answer of value.answers) answers.drop(answer);
    if (value.rows > 0) this.#wrote(this.#settings.pagesPerCommit);
    return value;
  }

  /** Keeps the write-ahead log short, on the thread of the background work. */
  #wrote(pages: number): void {
    this.#logPages += pages;
    if (this.#logPages < this.#settings.checkpointPages || this.#checkpointing || this.#opened === null) return;
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
   * Only from a moment at which all of the log is in the database file does it start anew, over blocks that the file has
   * already; a log that grows for ever costs twice as much for each sync. So no commit may go in between at the end. Where
   * commits run on this thread and the checkpoint on the other, most of it is done beside them before: the first step
   * can't tell what is left, since it counts the pages that there were when it began. On one thread nothing is beside.
   */
  async #checkpoint({ thread }: Opened): Promise<void> {
    if (this.#wanted === "auto" && this.#choice.where === "inline") await thread.ask("checkpoint");
    const { value } = await this.#inTurn(() => thread.ask("checkpoint"));
    this.#counters.checkpointed(value);
    this.#logPages = value.logPages - value.donePages;
  }

  async findAnswer(query: AnswerQuery): Promise<StoredAnswer | "expired" | null> {
    const { queries } = this.#running();
    const oldestAt = this.#ageAt - this.#retention.answerAgeMs;
    return findAnswer(query, queries.answer(query.key), oldestAt, queries.expiredUpTo(query.owner));
  }

  async readLog(query: LogQuery): Promise<LogRow[]> {
    const { catalog, queries } = this.#running();
    const entry = catalog.get(query.space);
    return entry === null ? [] : queries.log(query.space, entry.id, query.afterVersion, query.limit);
  }

  async readHistory(query: HistoryQuery): Promise<StoredHistoryRow[]> {
    return this.#running().queries.history(query);
  }

  backup(path: string): Promise<void> {
    this.#running();
    return this.#track(this.#machine.backup(path));
  }

  async close(): Promise<void> {
    if (this.#opened === null) return;
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    const opened = this.#opened;
    this.#opened = null;
    if (this.#stopped === null) await opened.thread.ask("checkpoint").catch(() => {});
    await closeAll(opened.data, opened.steps, opened.thread);
  }

  metrics(): StoreMetrics {
    return { ...this.#counters.read(this.#choice.where, this.#logPages * this.#settings.pageBytes), ...this.#kept() };
  }

  /** A disk that fails must not take the other metrics with it. */
  #kept(): StoreMetrics {
    if (this.#opened === null) return {};
    const { queries, catalog, answers } = this.#opened;
    try {
      return keptRows(queries, catalog.counters, answers, this.#left);
    } catch {
      return {};
    }
  }
}

async function closeAll(data: OpenData, steps: StoreSteps, thread: WriterThread | null): Promise<void> {
  try {
    data.endRun();
  } catch {
    // A disk that fails keeps the log, as a rule: then the next start finds all that there is.
  }
  await thread?.ask("close").catch(() => {});
  steps.close();
  data.release();
}
