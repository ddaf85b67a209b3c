/** The sliced store cuts its work into steps, so that a commit never waits for longer than one of them. */

import type { Millis } from "@neverstale/base";
import { assert, SyncError } from "@neverstale/protocol";
import {
  type AnswerQuery,
  type AnswerSize,
  type ChainEntry,
  type ChainHead,
  type ChainQuery,
  type CommitGroup,
  type CommitPlan,
  type Confirmation,
  charsOf,
  type Fold,
  findAnswer,
  type HistoryQuery,
  KeptAnswers,
  type LogQuery,
  type LogRow,
  nextSequence,
  type PlanDraft,
  type PointListQuery,
  type PointQuery,
  type PointRow,
  type PointsGone,
  type PointTimesQuery,
  type Retention,
  retentionFrom,
  type Store,
  type StoreContents,
  type StoredAnswer,
  type StoredHistoryRow,
  StoreFailure,
  type StoreMetrics,
  type Takeover,
} from "@neverstale/server/store";
import { Folding } from "./folding.ts";
import { type StoreSettings, settingsFrom } from "./settings.ts";
import { SlicedPoints } from "./sliced-points.ts";
import { readChain } from "./steps/read-chain.ts";
import { catalogOf, readAnew } from "./steps/read-contents.ts";
import { StoreSteps } from "./steps/store-steps.ts";
import { pagesOf } from "./steps/write-commit.ts";
import { keptRows, StoreCounters } from "./store-counters.ts";
import type { OpenData, StoreMachine } from "./store-machine.ts";
import { afterCommit, INLINE, type WriterChoice } from "./writer-choice.ts";
import { LocalWriter, type WriterThread } from "./writer-thread.ts";
import { type OpenStore, Writing } from "./writing.ts";

/** It knows no disk: the machine does. A fold goes in slices that a crash takes back; trimming and checkpoints run in between. */
export class SlicedStore implements Store {
  readonly #machine: StoreMachine;
  readonly #wanted: "auto" | "inline" | "worker";
  readonly #settings: StoreSettings;
  readonly #retention: Retention;
  readonly #counters = new StoreCounters();
  readonly #writing: Writing;
  readonly #folding: Folding;
  readonly #points: SlicedPoints;
  #opening = false;
  #choice: WriterChoice = INLINE;
  #committing = false;
  #beat = 0;

  constructor(machine: StoreMachine, { writer = "auto", retention, settings }: SlicedStoreOptions = {}) {
    this.#machine = machine;
    this.#wanted = writer;
    this.#retention = retentionFrom(retention);
    this.#settings = settingsFrom(settings);
    this.#writing = new Writing(
      this.#settings,
      this.#counters,
      () => this.#wanted === "auto" && this.#choice.where === "inline",
    );
    this.#folding = new Folding(machine, this.#writing, this.#counters, this.#settings, this.#retention);
    this.#points = new SlicedPoints(this.#writing, this.#counters, this.#settings);
  }

  async read(): Promise<StoreContents> {
    if (this.#writing.opened !== null || this.#opening) {
      throw new SyncError("store_locked", `this very store works on ${this.#machine.name} already`, {
        hint: "Close it first.",
      });
    }
    this.#opening = true;
    try {
      return await this.#read();
    } finally {
      this.#opening = false;
    }
  }

  async #read(): Promise<StoreContents> {
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
      const { epochs, head, takeover, ageAt } = contents;
      this.#folding.begin(trims.counts(), ageAt ?? 0);
      this.#writing.begin({ data, steps, thread, catalog: catalogOf(contents), queries, answers });
      return { epochs, spaces: contents.spaces.map((space) => space.contents), head, takeover, ageAt };
    } catch (error) {
      await closeAll(data, steps, thread);
      throw this.#machine.explain(error);
    }
  }

  #startThread(steps: StoreSteps): WriterThread {
    const { now, soon } = this.#machine;
    return this.#wanted === "inline" ? new LocalWriter(steps, now, soon) : this.#machine.startThread();
  }

  /** Some commits tell how quick the disk is. The first one also sets up the write-ahead log, and tells nothing. */
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

  takeOver(takeover: Takeover): Promise<ChainHead> {
    return this.#writing.track(this.#takeOver(takeover));
  }

  async #takeOver({ epoch, address, model, at, ageAt, after }: Takeover): Promise<ChainHead> {
    this.#writing.running().catalog.endTerm();
    return this.#writing.inTurn(({ steps, catalog }) => {
      const { head } = catalog.chain;
      if (!isSamePlace(head, after)) throw fenced(head);
      const place = { sequence: nextSequence(head), term: epoch };
      steps.takeOver({ type: "takeover", ...place, termBefore: head?.term ?? null, at, ageAt, address, model });
      catalog.tookOver(place);
      this.#folding.tookOver(ageAt);
      return place;
    });
  }

  commit(group: CommitGroup): void | Promise<void> {
    const opened = this.#writing.running();
    assert(!this.#committing, "one commit at a time");
    const plan = opened.catalog.plan(group);
    if (this.#choice.where === "inline" && this.#writing.isFree) return this.#commitHere(opened, plan);
    this.#committing = true;
    const committed = this.#writing.inTurn((current) => this.#commitWhereBest(current, plan));
    return this.#writing.track(committed).finally(() => {
      this.#committing = false;
    });
  }

  #commitWhereBest(opened: OpenStore, plan: PlanDraft): void | Promise<void> {
    return this.#choice.where === "inline" ? this.#commitHere(opened, plan) : this.#commitThere(opened, plan);
  }

  #commitHere(opened: OpenStore, plan: PlanDraft): void {
    const rows = plan.encoded();
    const started = this.#machine.now();
    let replaced: readonly AnswerSize[];
    try {
      replaced = opened.steps.commit(rows);
    } catch (error) {
      throw this.#writing.failed(error);
    }
    this.#committed(opened, plan, rows, replaced, this.#machine.now() - started);
  }

  async #commitThere(opened: OpenStore, plan: PlanDraft): Promise<void> {
    const rows = plan.encoded();
    const { value, tookMs } = await opened.thread.ask("commit", rows);
    this.#committed(opened, plan, rows, value, tookMs);
  }

  #committed(
    { catalog, answers }: OpenStore,
    plan: PlanDraft,
    rows: CommitPlan,
    replaced: readonly AnswerSize[],
    tookMs: Millis,
  ): void {
    catalog.carriedOut(plan);
    for (const answer of replaced) answers.drop(answer);
    for (const answer of rows.answers) answers.add({ owner: answer.owner, chars: charsOf(answer) });
    this.#folding.committed(rows);
    this.#counters.committed(this.#choice.where, tookMs);
    if (this.#wanted === "auto") this.#choice = afterCommit(this.#choice, tookMs);
    this.#writing.wrote(pagesOf(rows, this.#settings));
  }

  fold(fold: Fold): Promise<void> {
    return this.#writing.track(this.#folding.fold(fold));
  }

  async findAnswer(query: AnswerQuery): Promise<StoredAnswer | "expired" | null> {
    const { catalog, queries } = this.#writing.running();
    catalog.requireTerm();
    const oldestAt = this.#folding.ageAt - this.#retention.answerAgeMs;
    return findAnswer(query, queries.answer(query.key), oldestAt, queries.expiredUpTo(query.owner));
  }

  async readLog(query: LogQuery): Promise<LogRow[]> {
    const { catalog, queries } = this.#writing.running();
    const entry = catalog.get(query.space);
    return entry === null ? [] : queries.log(query.space, entry.id, query.afterVersion, query.limit);
  }

  async readChain(query: ChainQuery): Promise<readonly ChainEntry[] | "trimmed"> {
    const { catalog, queries } = this.#writing.running();
    return readChain(queries, catalog.chain.head?.sequence ?? 0, query);
  }

  /** Nobody else writes. */
  async confirm(): Promise<Confirmation> {
    return { head: this.#writing.running().catalog.chain.head, beat: this.#beat, sure: true };
  }

  /** Nobody else sees it, so that it need not be stored. */
  async beat(): Promise<void> {
    this.#writing.running().catalog.requireTerm();
    this.#beat += 1;
  }

  async readHistory(query: HistoryQuery): Promise<StoredHistoryRow[]> {
    return this.#writing.running().queries.history(query);
  }

  dropHistory(positions: readonly number[]): Promise<number> {
    return this.#points.dropHistory(positions);
  }

  appendPoints(rows: readonly PointRow[]): Promise<number> {
    return this.#points.appendPoints(rows);
  }

  dropPoints(gone: PointsGone): Promise<number> {
    return this.#points.dropPoints(gone);
  }

  readPoints(query: PointQuery): Promise<readonly PointRow[]> {
    return this.#points.readPoints(query);
  }

  listPoints(query: PointListQuery): Promise<readonly PointRow[]> {
    return this.#points.listPoints(query);
  }

  pointTimes(query: PointTimesQuery): Promise<readonly number[]> {
    return this.#points.pointTimes(query);
  }

  backup(path: string): Promise<void> {
    this.#writing.running();
    return this.#writing.track(this.#machine.backup(path));
  }

  async close(): Promise<void> {
    const opened = await this.#writing.end();
    if (opened !== null) await closeAll(opened.data, opened.steps, opened.thread);
  }

  metrics(): StoreMetrics {
    return { ...this.#counters.read(this.#choice.where, this.#writing.logBytes), ...this.#kept() };
  }

  /** A disk that fails must not take the other metrics with it. */
  #kept(): StoreMetrics {
    const { opened } = this.#writing;
    if (opened === null) return {};
    try {
      return keptRows(opened.queries, opened.catalog, opened.answers, this.#folding.left);
    } catch {
      return {};
    }
  }
}

export interface SlicedStoreOptions {
  /**
   * This says where commits run. With `auto`, the default, they run on this thread while the disk is quick, and else on a
   * thread of their own, which also does what goes on in the background. With `inline` everything runs on this thread.
   * With `worker` the other thread does all writing.
   */
  readonly writer?: "auto" | "inline" | "worker";
  readonly retention?: Partial<Retention>;
  readonly settings?: Partial<StoreSettings>;
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

function isSamePlace(a: ChainHead | null, b: ChainHead | null): boolean {
  return a?.sequence === b?.sequence && a?.term === b?.term;
}

function fenced(head: ChainHead | null): StoreFailure {
  return new StoreFailure(
    "fenced",
    `the newest entry of the chain is another one: ${head?.sequence ?? "there is none"}`,
  );
}
