/** The authority: it holds one state, gives every change its version, stores it, then tells everyone who follows. */

import { type AnyState, type AskedChange, type Model, type StateOf, SyncError } from "@neverstale/protocol";
import type { CommittedGroups } from "../followers/committed-groups.ts";
import { type Limits, limitsFrom } from "../limits/limits.ts";
import { AgeClock } from "../runtime/age-clock.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Committed } from "../space/committed.ts";
import { KeepIndexes } from "../space/keep-index.ts";
import { Epochs } from "../space/lineage.ts";
import type { Capture } from "../space/space.ts";
import { MAIN_SPACE, SpaceModels } from "../space/space-models.ts";
import { type SpaceView, viewOf } from "../space/space-view.ts";
import { Spaces } from "../space/spaces.ts";
import type { HistoryQuery, LogQuery, Store, StoreContents } from "../store/contract.ts";
import { Calls, NO_OPTIONS } from "./calls.ts";
import { Feed } from "./feed.ts";
import type { OpenOptions } from "./open-options.ts";
import { bringAboutKeep } from "./opening/keep-at-open.ts";
import { createMain, openSpaces } from "./opening/open-spaces.ts";
import { findProblems, type Problems } from "./opening/problems.ts";
import { type EvictedRecord, type LoggedChange, readHistory, readLog } from "./past.ts";
import { limitsOf, refusalsOf, sizesOf } from "./size-metrics.ts";
import { Term } from "./term.ts";
import type { Applied, Decide, TransactOptions } from "./transaction.ts";
import { Writer } from "./writer.ts";

/**
 * The public face. A call goes through `Calls` to the `Writer`, which decides it and has it stored; the group then becomes
 * what is committed (`Spaces`), and is told (`Feed`).
 */
export class StateManager<M extends Model = Model> implements CommittedGroups {
  readonly limits: Limits;
  readonly runtime: Runtime;
  readonly #store: Store;
  readonly #spaces: Spaces;
  readonly #feed: Feed;
  readonly #writer: Writer;
  readonly #calls: Calls;
  #problems: Problems = { count: 0, found: [] };
  #closed: Promise<void> | null = null;

  /** Reads the store, brings every space to memory, and takes over in a new epoch (rule E1). */
  static async openWith<M extends Model>(options: OpenOptions<M>, runtime: Runtime): Promise<StateManager<M>> {
    const contents = await options.store.read();
    try {
      return await StateManager.#openOn(contents, options, runtime);
    } catch (error) {
      await options.store.close().catch(() => {}); // A process that can't open the store must not keep it locked.
      throw error;
    }
  }

  static async #openOn<M extends Model>(
    contents: StoreContents,
    options: OpenOptions<M>,
    runtime: Runtime,
  ): Promise<StateManager<M>> {
    const { store } = options;
    const limits = limitsFrom(options.limits);
    const epochs = new Epochs([...contents.epochs, runtime.newId()], limits.epochs);
    const models = new SpaceModels(options.model, options.spaces ?? {});
    const byName = openSpaces(contents.spaces, models, epochs, limits.tombstones);
    const ages = new AgeClock(runtime, contents.ageAt);
    const term = new Term(store, runtime, ages, options.model.model, contents.head);
    await term.takeOver(epochs.today);
    if (!byName.has(MAIN_SPACE)) byName.set(MAIN_SPACE, await createMain(term, options.model, runtime, ages, epochs));
    const keepIndexes = new KeepIndexes();
    await bringAboutKeep(byName.values(), { term, runtime, ages, limits, keepIndexes, epoch: epochs.today });
    const spaces = new Spaces(byName, models, epochs, limits, runtime);
    const feed = new Feed(runtime);
    const onFailure = options.onFailure ?? null;
    const writer = new Writer({ store, term, spaces, feed, keepIndexes, ages, runtime, limits, onFailure });
    const calls = new Calls(spaces, writer, term, runtime);
    const manager = new StateManager<M>(store, spaces, feed, writer, calls, runtime);
    if (options.migrate !== undefined) await manager.#calls.migrate(options.migrate as Decide<AnyState>);
    manager.#problems = findProblems(spaces.values(), limits);
    if (manager.#problems.count > 0) options.onProblems?.(manager.#problems);
    writer.folder.start();
    return manager;
  }

  private constructor(store: Store, spaces: Spaces, feed: Feed, writer: Writer, calls: Calls, runtime: Runtime) {
    this.limits = spaces.limits;
    this.runtime = runtime;
    this.#store = store;
    this.#spaces = spaces;
    this.#feed = feed;
    this.#writer = writer;
    this.#calls = calls;
  }

  /** Today's epoch, to be read at each use, since each takeover begins another one. */
  get epoch(): string {
    return this.#spaces.epochs.today;
  }

  /** This is the committed version of the main space. */
  get version(): number {
    return this.#spaces.main.head;
  }

  /** This is the committed state of the main space. It follows every commit, so copy what you keep. */
  get state(): StateOf<M> {
    return this.#spaces.main.state as StateOf<M>;
  }

  space(name: string): SpaceView | null {
    const space = this.#spaces.get(name);
    return space === null ? null : viewOf(space);
  }

  spaces(): string[] {
    return [...this.#spaces.names()];
  }

  /**
   * Stores one change, as it is now. It is durable when this resolves. Await it: beyond 100,000 calls that wait, or 64 MiB, a call
   * is refused with `too_many_requests`, and a refusal that nobody takes is an unhandled rejection, which ends a Node process.
   */
  apply(change: AskedChange, options: TransactOptions = NO_OPTIONS): Promise<Applied> {
    return this.#calls.apply(change, options);
  }

  /**
   * Decides on the state and stores what was decided, all or nothing. It is durable when this resolves (rules A1 to A3).
   *
   * It rejects with what `decide` threw; `invalid_change`; `key_reused`; `key_expired` (an earlier call with the key may have
   * been carried out); `too_many_requests`; `store_unavailable` (nothing has moved); `outcome_unknown` (the process is about to end).
   * At most `limits.waitingCalls` (100,000) calls wait for the store at a time, and about `limits.waitingBytes` (64 MiB) of
   * changes given to `apply`. Nobody can count the memory that a decision closes over: bound it where it comes from.
   */
  transact(decide: Decide<StateOf<M>>, options: TransactOptions = NO_OPTIONS): Promise<Applied> {
    return this.#calls.transact(decide as Decide<AnyState>, options);
  }

  /** The follower is told of every commit, in order, after it is durable. This returns how to stop. */
  follow(follower: (committed: readonly Committed[]) => void): () => void {
    return this.#feed.follow(follower);
  }

  /** The listener is told of each takeover, in order with the commits. This returns how to take it back. */
  onTakeover(listener: () => void): () => void {
    return this.#feed.onTakeover(listener);
  }

  /**
   * Begins a new term, as a process does that takes over from another one: from then on the authority speaks in a new epoch,
   * and everyone who follows is told in one message (rules E1 and E7). It rejects with `shutting_down`; with
   * `store_unavailable` or `outcome_unknown` the process is about to end.
   */
  takeOver(): Promise<void> {
    return this.#writer.takeOver();
  }

  /** Stored records that today's model or bounds would not take in, as found at open. They are served as they are (rule E6). */
  get problems(): Problems {
    return this.#problems;
  }

  /** It is true while changes wait to be stored, or are being stored. */
  get isWriting(): boolean {
    return this.#writer.isBusy;
  }

  /** This says why no more changes are taken. It is null while they are. */
  get failure(): SyncError | null {
    return this.#writer.failure;
  }

  /** It returns a space with its version and digest, all of one moment. It throws `unknown_space`. */
  capture(name: string = MAIN_SPACE): Capture & { readonly epoch: string } {
    const space = this.#spaces.get(name);
    if (space === null) throw new SyncError("unknown_space", `there is no space "${name}"`);
    return { ...space.capture(), epoch: this.epoch };
  }

  /** It returns the named changes of a space after a version, oldest first, by whole groups. */
  async log(query: LogQuery): Promise<LoggedChange[]> {
    this.#requireOpen();
    return readLog(this.#store, query);
  }

  /** It returns the records that left the live state of a space by its `keep`, oldest first. */
  async history(query: HistoryQuery): Promise<EvictedRecord[]> {
    this.#requireOpen();
    return readHistory(this.#store, query);
  }

  async backup(path: string): Promise<void> {
    this.#requireOpen();
    return this.#store.backup(path);
  }

  #requireOpen(): void {
    if (this.#closed !== null) throw new SyncError("shutting_down", "the store is being closed");
  }

  metrics(): Record<string, number> {
    const { bounds, folder, keepIndexes, metrics, waiting } = this.#writer;
    return {
      version: this.version,
      ...sizesOf(this.#spaces.values(), keepIndexes),
      ...limitsOf(this.limits),
      ...refusalsOf(bounds),
      record_problems: this.#problems.count,
      largest_transaction_bytes: bounds.largestTransactionBytes,
      writer_commits_total: metrics.commits,
      writer_calls_total: metrics.calls,
      writer_rejected_commits_total: metrics.rejectedCommits,
      writer_groups_cut_total: metrics.groupsCut,
      writer_takeovers_total: metrics.takeovers,
      epochs: this.#spaces.epochs.size,
      writer_waiting_calls: waiting.calls,
      writer_waiting_bytes: waiting.bytes,
      folds_total: folder.folds,
      folds_failed_total: folder.failures,
      ...this.#store.metrics(),
    };
  }

  /** The listener is called once, when the last change has been told: whoever serves this authority ends with it. */
  onClose(listener: () => void): () => void {
    return this.#feed.onClose(listener);
  }

  /**
   * Finishes the calls that wait, sends the followers away, folds the records, and releases the store. Later calls are refused
   * with `shutting_down`.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#writer.close();
    this.#feed.close();
    this.#writer.folder.stop();
    this.#spaces.stop();
    try {
      if (this.failure === null) await this.#writer.folder.foldAll(true);
    } finally {
      await this.#store.close(); // The changes that could not be folded are in the log.
    }
  }
}
