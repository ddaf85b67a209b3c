import {
  type AnyState,
  type AskedChange,
  assert,
  ignoreWhatComesLater,
  type Model,
  type StateOf,
  SyncError,
  type TakenChange,
  takeChange,
} from "@neverstale/protocol";
import { AgeClock } from "../runtime/age-clock.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { Digester } from "../space/digester.ts";
import { Folder } from "../space/folder.ts";
import { bringAboutKeep } from "../space/keep-at-open.ts";
import { Epochs } from "../space/lineage.ts";
import { createMain, openSpaces, SpaceModels } from "../space/open-spaces.ts";
import { findProblems, type Problems } from "../space/problems.ts";
import type { Capture, Space } from "../space/space.ts";
import type { SpaceView } from "../space/space-view.ts";
import { TombstoneBound } from "../space/tombstone-bound.ts";
import type { HistoryQuery, LogQuery, Store, StoreContents } from "../store/contract.ts";
import type { Batch, Call } from "./batch.ts";
import { type Committed, committedIn } from "./committed.ts";
import { notDecided, refusedAtTheDoor, takeOptions } from "./door.ts";
import { Keys, keyOfToday } from "./keys.ts";
import { type Limits, limitsFrom } from "./limits.ts";
import type { OpenOptions } from "./open-options.ts";
import { type EvictedRecord, type LoggedChange, readHistory, readLog } from "./past.ts";
import { limitsOf, refusalsOf, sizesOf } from "./size-metrics.ts";
import { BoundsSeen } from "./tally.ts";
import { type Applied, type Decide, MAIN_SPACE, type Transaction, type TransactOptions } from "./transaction.ts";
import { heldByOptions } from "./waiting-room.ts";
import { Writer } from "./writer.ts";

const NO_OPTIONS: TransactOptions = {};
const EPHEMERAL: TransactOptions = { ephemeral: true };

/** The authority: holds one state, gives every change its version, stores it, then tells everyone who follows. */
export class StateManager<M extends Model = Model> {
  readonly epochs: Epochs;
  readonly limits: Limits;
  readonly runtime: Runtime;
  readonly #store: Store;
  readonly #models: SpaceModels;
  readonly #spaces: Map<string, Space>;
  readonly #writer: Writer;
  readonly #folder: Folder;
  readonly #digester: Digester;
  readonly #tombstones: TombstoneBound;
  readonly #bounds = new BoundsSeen();
  readonly #keys: Keys;
  readonly #onFailure: ((error: SyncError) => void) | null;
  readonly #followers = new Set<(committed: readonly Committed[]) => void>();
  readonly #closers = new Set<() => void>();
  #problems: Problems = { count: 0, found: [] };
  #failure: SyncError | null = null;
  #closing = false;
  #closed: Promise<void> | null = null;
  #publishing: Committed[] = [];

  /** Opens the store, draws a new epoch (rule E1) and brings every space to memory. */
  static async openWith<M extends Model>(options: OpenOptions<M>, runtime: Runtime): Promise<StateManager<M>> {
    const contents = await options.store.open();
    try {
      return await StateManager.#openOn(contents, options, runtime);
    } catch (error) {
      await options.store.close().catch(() => {}); // Who can't open it must not keep it locked.
      throw error;
    }
  }

  static async #openOn<M extends Model>(
    contents: StoreContents,
    options: OpenOptions<M>,
    runtime: Runtime,
  ): Promise<StateManager<M>> {
    const limits = limitsFrom(options.limits);
    const epochs = new Epochs([...contents.epochs, runtime.newId()].slice(-limits.epochs));
    const models = new SpaceModels(options.model, options.spaces ?? {});
    const spaces = openSpaces(contents.spaces, models, epochs, limits.tombstones);
    await options.store.beginEpoch(epochs.today);
    if (!spaces.has(MAIN_SPACE))
      spaces.set(MAIN_SPACE, await createMain(options.store, options.model, runtime, epochs));
    const ages = new AgeClock(runtime, contents.newestAnswerAt);
    await bringAboutKeep(spaces.values(), { store: options.store, runtime, ages, limits, epoch: epochs.today });
    const manager = new StateManager<M>(options, runtime, ages, limits, epochs, models, spaces);
    if (options.migrate !== undefined) await manager.#enqueue(options.migrate as Decide<AnyState>, NO_OPTIONS, 0, true);
    manager.#problems = findProblems(spaces.values(), limits);
    if (manager.problems.count > 0) options.onProblems?.(manager.problems);
    manager.#folder.start();
    return manager;
  }

  private constructor(
    options: OpenOptions<M>,
    runtime: Runtime,
    ages: AgeClock,
    limits: Limits,
    epochs: Epochs,
    models: SpaceModels,
    spaces: Map<string, Space>,
  ) {
    this.epochs = epochs;
    this.limits = limits;
    this.runtime = runtime;
    this.#store = options.store;
    this.#models = models;
    this.#spaces = spaces;
    this.#tombstones = new TombstoneBound(spaces, limits.tombstonesInAll);
    this.#onFailure = options.onFailure ?? null;
    this.#folder = new Folder(
      options.store,
      runtime,
      limits,
      () => this.#spaces.values(),
      (failure) => this.#writer.stop(failure),
    );
    this.#digester = new Digester(runtime, () => this.#spaces.values());
    this.#writer = new Writer(options.store, runtime, ages, limits, this.#batchContext(), {
      committed: (batch) => this.#take(batch),
      publish: () => this.#publish(),
      failed: (error) => this.#fail(error),
    });
    this.#keys = new Keys(options.store, this.#writer.waiting);
  }

  #batchContext() {
    return {
      epochs: this.epochs,
      limits: this.limits,
      bounds: this.#bounds,
      spaceCount: () => this.#spaces.size,
      space: (name: string) => this.#spaces.get(name) ?? null,
      modelOf: (name: string) => this.#models.of(name),
      newId: () => this.runtime.newId(),
    };
  }

  get epoch(): string {
    return this.epochs.today;
  }

  /** The committed version of the main space. */
  get version(): number {
    return this.#main.head;
  }

  /** The committed state of the main space. It follows every commit: copy what you keep. */
  get state(): StateOf<M> {
    return this.#main.state as StateOf<M>;
  }

  get #main(): Space {
    const main = this.#spaces.get(MAIN_SPACE);
    assert(main !== undefined, "the main space is there from the start");
    return main;
  }

  space(name: string): SpaceView | null {
    return this.#spaces.get(name)?.view ?? null;
  }

  spaces(): string[] {
    return [...this.#spaces.keys()];
  }

  /**
   * One change, as it is now, durable when this resolves. Await it: beyond 100,000 calls that wait, or 64 MiB, it is refused with
   * `too_many_requests`, and a refusal that nobody takes is an unhandled rejection, which ends a Node process.
   */
  apply(change: AskedChange, options: TransactOptions = NO_OPTIONS): Promise<Applied> {
    try {
      return this.#apply(change, options === NO_OPTIONS ? options : takeOptions(options));
    } catch (error) {
      return refusedAtTheDoor(error, change, options);
    }
  }

  #apply(change: AskedChange, options: TransactOptions): Promise<Applied> {
    const { space = MAIN_SPACE, key } = options;
    if (space !== MAIN_SPACE || key !== undefined) return this.#applyDecided(change, options, space);
    const { model } = this.#main;
    const taken = takeChange(model, change);
    const ephemeral = options.ephemeral ?? isEphemeral(model, taken);
    return this.#enqueue(taken, ephemeral ? EPHEMERAL : NO_OPTIONS, taken.held);
  }

  /** A repeat under a key gets its answer, whatever is wrong with the change: that is said when it is decided. */
  #applyDecided(change: AskedChange, options: TransactOptions, space: string): Promise<Applied> {
    const { take, ephemeral, bytes } = this.#takeForLater(change, space);
    const decide = (_: AnyState, transaction: Transaction) => {
      transaction.add(space, [take()]);
      return [];
    };
    return this.#transact(decide, { ephemeral, ...options, space }, bytes);
  }

  #takeForLater(change: AskedChange, space: string) {
    try {
      const model = this.#models.of(space);
      const taken = takeChange(model, change);
      return { take: () => taken, ephemeral: isEphemeral(model, taken), bytes: taken.held };
    } catch (error) {
      ignoreWhatComesLater(change);
      const take = (): TakenChange => {
        throw error;
      };
      return { take, ephemeral: false, bytes: 0 };
    }
  }

  /**
   * Decides on the state and stores what was decided, all or nothing; durable when this resolves (rules A1 to A3).
   *
   * Rejects with what `decide` threw; `invalid_change`; `key_reused`; `key_expired` (an earlier call with it may have
   * been carried out); `too_many_requests`; `store_unavailable` (nothing has moved); `outcome_unknown` (the process is about to end).
   * At most `limits.waitingCalls` (100,000) calls wait for the store at a time, and about `limits.waitingBytes` (64 MiB) of
   * changes given to `apply`. What a decision closes over can't be counted: bound it where it comes from.
   */
  transact(decide: Decide<StateOf<M>>, options: TransactOptions = NO_OPTIONS): Promise<Applied> {
    try {
      if (typeof decide !== "function") throw notDecided();
      return this.#transact(decide as Decide<AnyState>, options === NO_OPTIONS ? options : takeOptions(options));
    } catch (error) {
      return refusedAtTheDoor(error, decide, options);
    }
  }

  #transact(decide: Decide<AnyState>, options: TransactOptions, ofChanges = 0): Promise<Applied> {
    const bytes = ofChanges + heldByOptions(options);
    // The writer says why no call is taken any more; the store would not be there to be asked.
    if (options.key === undefined || this.#closing || this.#failure !== null)
      return this.#enqueue(decide, options, bytes);
    const { key } = options;
    const kept = keyOfToday(key, this.runtime.wallTime());
    return this.#keys.once(key, this.epoch, bytes, () => this.#enqueue(decide, { ...options, key: kept }, bytes));
  }

  #enqueue(work: Call["work"], options: TransactOptions, bytes: number, unbounded = false): Promise<Applied> {
    return new Promise((resolve, reject) => this.#writer.enqueue({ work, options, bytes, unbounded, resolve, reject }));
  }

  /** Told of every commit, in order, after it is durable; returns how to stop. */
  follow(follower: (committed: readonly Committed[]) => void): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  #take(batch: Batch): void {
    for (const draft of batch.drafts) {
      const { space } = draft;
      const firstVersion = space.head + 1;
      const before = space.tombstones;
      draft.take(this.epoch, this.limits.tombstones);
      this.#tombstones.moved(draft.removed ? -before : space.tombstones - before);
      if (draft.isNew) this.#spaces.set(space.name, space);
      if (draft.removed) this.#spaces.delete(space.name); // It may have come and gone in this very group.
      this.#publishing.push(committedIn(space, draft.changes, firstVersion));
    }
    this.#tombstones.trim();
    this.#digester.committed();
  }

  #publish(): void {
    const committed = Object.freeze(this.#publishing);
    this.#publishing = [];
    if (committed.length === 0) return;
    for (const follower of this.#followers) this.#tell(() => follower(committed));
  }

  /** A listener that throws harms neither what goes on nor the others; the error comes up by itself. */
  #tell(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.runtime.soon(() => {
        throw error;
      });
    }
  }

  #fail(error: SyncError): void {
    this.#failure = error;
    this.#folder.stop();
    this.#digester.stop();
    this.#onFailure?.(error);
  }

  /** What was stored that today's model or bounds would not take in, as found at open: it is served as it is (rule E6). */
  get problems(): Problems {
    return this.#problems;
  }

  /** Whether changes wait to be stored, or are being stored. */
  get isWriting(): boolean {
    return this.#writer.isBusy;
  }

  /** Why no more changes are taken, or null. */
  get failure(): SyncError | null {
    return this.#failure;
  }

  /** A space with its version and digest, all of one moment; throws `unknown_space`. */
  capture(name: string = MAIN_SPACE): Capture & { readonly epoch: string } {
    const space = this.#spaces.get(name);
    if (space === undefined) throw new SyncError("unknown_space", `there is no space "${name}"`);
    return { ...space.capture(), epoch: this.epoch };
  }

  /** The named changes of a space, oldest first, after a version; by whole groups. */
  async log(query: LogQuery): Promise<LoggedChange[]> {
    this.#requireOpen();
    return readLog(this.#store, query);
  }

  /** What left the live state of a space by its `keep`, oldest first. */
  async history(query: HistoryQuery): Promise<EvictedRecord[]> {
    this.#requireOpen();
    return readHistory(this.#store, query);
  }

  async backup(path: string): Promise<void> {
    this.#requireOpen();
    return this.#store.backup(path);
  }

  #requireOpen(): void {
    if (this.#closing) throw new SyncError("shutting_down", "the store is being closed");
  }

  metrics(): Record<string, number> {
    const { commits, calls, rejectedCommits, groupsCut } = this.#writer.metrics;
    return {
      version: this.version,
      ...sizesOf(this.#spaces.values()),
      ...limitsOf(this.limits),
      ...refusalsOf(this.#bounds),
      record_problems: this.#problems.count,
      largest_transaction_bytes: this.#bounds.largestTransactionBytes,
      writer_commits_total: commits,
      writer_calls_total: calls,
      writer_rejected_commits_total: rejectedCommits,
      writer_groups_cut_total: groupsCut,
      writer_waiting_calls: this.#writer.waiting.calls,
      writer_waiting_bytes: this.#writer.waiting.bytes,
      folds_total: this.#folder.folds,
      folds_failed_total: this.#folder.failures,
      ...this.#store.metrics(),
    };
  }

  /** Calls `listener` once, when the last change has been published: what serves this authority ends with it. */
  onClose(listener: () => void): () => void {
    this.#closers.add(listener);
    return () => this.#closers.delete(listener);
  }

  /**
   * Finishes what waits, sends away who follows, folds the records, and releases the store. Later calls are refused with
   * `shutting_down`.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing = true;
    await this.#writer.close();
    for (const closer of [...this.#closers]) this.#tell(closer);
    this.#folder.stop();
    this.#digester.stop();
    try {
      if (this.#failure === null) await this.#folder.foldAll(true);
    } finally {
      await this.#store.close(); // What could not be folded is in the log.
    }
  }
}

function isEphemeral(model: Model, { rule }: TakenChange): boolean {
  return model.collections[rule.collection]?.ephemeral === true;
}
