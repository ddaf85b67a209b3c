/** The authority: it holds one state, gives every change its version, stores it, then tells everyone who follows. */

import {
  type AnyState,
  type AnyViews,
  type CheckedChange,
  type Everything,
  everything,
  fromWireState,
  type GrantedView,
  type InitialState,
  type LineAnswer,
  type LineRequest,
  type Model,
  type ModelOfSpace,
  type SpaceDeclarations,
  type StateOf,
  SyncError,
} from "@neverstale/protocol";
import type { CommittedGroups } from "../followers/committed-groups.ts";
import type { Confirming } from "../followers/confirming/confirming.ts";
import { cantKnow } from "../followers/confirming/entrants.ts";
import { seesWhole } from "../followers/views/followed.ts";
import type { Limits } from "../limits/limits.ts";
import { momentSettingsFrom } from "../moments/moment-settings.ts";
import type { MomentName, PastMoments, PastState, Reach } from "../moments/past-moments.ts";
import { pastMomentsOf } from "../moments/past-moments-of.ts";
import type { MutationCaller } from "../mutations/line-step.ts";
import { LINES_SPACE } from "../mutations/lines-space.ts";
import { metricsOf } from "../mutations/mutation-desk.ts";
import { NodeEngine } from "../node/node-engine.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Committed } from "../space/committed.ts";
import type { Capture, Readable } from "../space/readable.ts";
import { followable, MAIN_SPACE } from "../space/space-models.ts";
import { type SpaceView, spaceOf, viewOf } from "../space/space-view.ts";
import type { Spaces } from "../space/spaces.ts";
import { StoreProofs } from "../space/views/store-proofs.ts";
import { ViewedSpace } from "../space/views/viewed-space.ts";
import type { HistoryQuery, LogQuery, Store } from "../store/contract.ts";
import { OpenPoints } from "../store/points/open-points.ts";
import type { PointStore } from "../store/points/point-store.ts";
import { Alone } from "./alone.ts";
import { NO_OPTIONS } from "./calls.ts";
import type { Engine, NodeStatus, TermWork } from "./engine.ts";
import type { OpenOptions } from "./open-options.ts";
import type { Problems } from "./opening/problems.ts";
import { type EvictedRecord, type LoggedChange, readHistory, readLog } from "./past.ts";
import { limitsOf } from "./size-metrics.ts";
import type { Applied, Decide, TransactOptions } from "./transaction.ts";

/**
 * The public face. A call goes through `Calls` to the `Writer`, which decides it and has it stored; the group then becomes
 * what is committed (`Spaces`), and is told (`Feed`). A node that is not the writer has them from the chain (`node`).
 */
export class StateManager<M extends Model = Model, S extends SpaceDeclarations = SpaceDeclarations>
  implements CommittedGroups
{
  readonly limits: Limits;
  readonly runtime: Runtime;
  readonly #store: Store;
  readonly #engine: Engine;
  readonly #moments: PastMoments | null;
  readonly #proofs = new StoreProofs(this);
  /**
   * These rows of numbers are looked back on. They are no part of the state: they have no version, nobody follows them, and a crash
   * may take the newest away. Only the node that decides writes them, so write in what `onTerm` begins; every node reads them.
   */
  readonly points: PointStore;
  #closed: Promise<void> | null = null;

  /** It is alone on its store, or with `node` one of several. */
  static async openWith<M extends Model, const S extends SpaceDeclarations = Readonly<Record<never, never>>>(
    options: OpenOptions<M, S>,
    runtime: Runtime,
  ): Promise<StateManager<M, S>> {
    const engine = await (options.node === undefined
      ? Alone.open(options, runtime)
      : NodeEngine.open({ ...options, node: options.node }, runtime));
    return new StateManager<M, S>(options, engine, runtime);
  }

  private constructor(
    { store, moments }: Pick<OpenOptions<Model>, "store" | "moments">,
    engine: Engine,
    runtime: Runtime,
  ) {
    this.limits = engine.spaces.limits;
    this.runtime = runtime;
    this.#store = store;
    this.#engine = engine;
    this.points = new OpenPoints(store, () => this.#requireOpen());
    this.#moments = moments === undefined ? null : pastMomentsOf(engine, store, runtime, momentSettingsFrom(moments));
  }

  get #spaces(): Spaces {
    return this.#engine.spaces;
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

  /** It returns the views that are declared for a space of that name, or null. */
  viewsOf(name: string): AnyViews | null {
    return this.#spaces.models.viewsOf(name);
  }

  spaces(): string[] {
    return [...this.#spaces.names()];
  }

  /**
   * Stores one change, as it is now. It is durable when this resolves. Await it: beyond 100,000 calls that wait, or 64 MiB, a call
   * is refused with `too_many_requests`, and a refusal that nobody takes is an unhandled rejection, which ends a Node process.
   */
  apply<const Type extends string, const Options extends TransactOptions = typeof NO_OPTIONS>(
    change: CheckedChange<ModelFor<M, S, Options>, Type>,
    options?: Options,
  ): Promise<Applied> {
    return this.#engine.apply(change, options === undefined ? NO_OPTIONS : options);
  }

  /**
   * Decides on the state and stores what was decided, all or nothing. It is durable when this resolves (rules A1 to A3).
   *
   * It rejects with what `decide` threw; `invalid_change`; `key_reused`; `key_expired` (an earlier call with the key may have
   * been carried out); `too_many_requests`; `store_unavailable` (nothing has moved); `outcome_unknown` (the process is about to end).
   * At most `limits.waitingCalls` (100,000) calls wait for the store at a time, and about `limits.waitingBytes` (64 MiB) of
   * changes given to `apply`. Nobody can count the memory that a decision closes over: bound it where it comes from.
   */
  transact(decide: Decide<StateOf<M>, S>, options: TransactOptions = NO_OPTIONS): Promise<Applied> {
    return this.#engine.transact(decide as Decide<AnyState>, options);
  }

  /**
   * Carries out a line of mutations, as `serveMutations` reads it, and resolves with what became of the first of them (rules U4 to
   * U9). A node that is not the writer has the writer do it (rule W1). It rejects with `forbidden`, and with what `transact` rejects
   * with: nothing was decided then, but for `outcome_unknown`. Ask again with the same numbers.
   */
  mutate(request: LineRequest, caller: MutationCaller): Promise<LineAnswer> {
    return this.#engine.mutate(request, caller);
  }

  /** The follower is told of every commit, in order, after it is durable. This returns how to stop. */
  follow(follower: (committed: readonly Committed[]) => void): () => void {
    return this.#engine.feed.follow(follower);
  }

  /** The listener is told of each takeover, in order with the commits. This returns how to take it back. */
  onTakeover(listener: () => void): () => void {
    return this.#engine.feed.onTakeover(listener);
  }

  /**
   * Begins a new term, as a process does that takes over from another one: from then on the authority speaks in a new epoch,
   * and everyone who follows is told in one message (rules E1 and E7). A node becomes the writer by it. It rejects with
   * `shutting_down`, and with `store_unavailable` or `outcome_unknown`: a process that is alone on its store is about to end then.
   */
  takeOver(): Promise<void> {
    return this.#engine.takeOver();
  }

  /** Stored records that today's model or bounds would not take in, as found at open. They are served as they are (rule E6). */
  get problems(): Problems {
    return this.#engine.problems;
  }

  /** It is true while changes wait to be stored, or are being stored. */
  get isWriting(): boolean {
    return this.#engine.isWriting;
  }

  /** This says why no more changes are taken. It is null while they are. */
  get failure(): SyncError | null {
    return this.#engine.failure;
  }

  /**
   * It returns a space with its version and digest, all of one moment: all of it, or what the `view` shows. It throws `unknown_space`,
   * and with a view what is said of why nobody is served now.
   */
  capture(
    name: string = MAIN_SPACE,
    view: GrantedView | Everything = everything,
  ): Capture & { readonly epoch: string } {
    if (view !== everything) return { ...this.#readable(name, view).capture(), epoch: this.epoch };
    const space = this.#spaces.get(name);
    if (space === null) throw new SyncError("unknown_space", `there is no space "${name}"`);
    return { ...space.capture(), epoch: this.epoch };
  }

  /**
   * It returns a space for a page that is rendered here, whose replica takes it as `initial` and goes on from there. Whoever gets the page
   * sees all of it, or what the `view` shows, so judge first. Where the model has views one must be given, or `everything`: without it
   * this throws `forbidden`. It throws `unknown_space`, and what is said of why nobody is served now.
   */
  initialState(name: string = MAIN_SPACE, view?: GrantedView | Everything): InitialState {
    const { epoch } = this;
    const readable = this.#readable(name, view);
    const { creationId, head: version } = readable;
    const proof = readable.proofAt(epoch, version);
    const position = { epoch, space: creationId, version, ...(proof === null ? {} : { proof }) };
    const records = readable
      .capture()
      .collections.map(({ name: collection, records }) => [collection, records] as const);
    return { ...position, payload: Object.fromEntries(records) };
  }

  /**
   * It returns what a view shows of a space now, for a route that answers somebody who may see no more (rule V5). It throws as
   * `initialState` does.
   */
  read(name: string, view: GrantedView | Everything): AnyState {
    const { collections } = this.#readable(name, view).capture();
    return fromWireState(Object.fromEntries(collections.map(({ name: collection, records }) => [collection, records])));
  }

  /** It says how far back `stateAt` can look. It is null where nothing is kept yet. */
  async reach(): Promise<Reach | null> {
    this.#requireOpen();
    return this.#pastMoments.reach();
  }

  /**
   * It returns what the main space was at a moment: at the end of the last group at or before a version, or a time. With a `view` it
   * is what could be seen by it then and may be seen by it now. It throws as `initialState` does, `too_many_requests`, and
   * `store_unavailable` where the state can't be made within the bounds.
   */
  async stateAt(moment: MomentName, view?: GrantedView | Everything): Promise<PastState> {
    this.#requireOpen();
    if (this.refusal !== null) throw this.refusal;
    return this.#pastMoments.at(moment, seesWhole(this.#spaces.main, view) ? everything : view);
  }

  get #pastMoments(): PastMoments {
    if (this.#moments === null) throw new Error("open the authority with `moments` to read what it was");
    return this.#moments;
  }

  #readable(name: string, view: GrantedView | Everything | undefined): Readable {
    if (this.refusal !== null) throw this.refusal;
    const space = followable(this, name);
    if (space === null) throw new SyncError("unknown_space", `there is no space "${name}"`);
    const whole = spaceOf(space);
    if (seesWhole(whole, view)) return whole;
    const proofs = this.#proofs.now;
    if (proofs === null) throw cantKnow("this node has not heard of the secret of the store yet");
    return new ViewedSpace(whole, view, proofs);
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

  /**
   * It takes rows of the history away for good, by their positions, and returns how many went: what somebody wants forgotten. They may
   * stand in the log still, for as long as that is kept. It is called where changes are decided, and rejects with a `StoreFailure`.
   */
  async dropHistory(positions: readonly number[]): Promise<number> {
    this.#requireOpen();
    return positions.length === 0 ? 0 : this.#store.dropHistory(positions);
  }

  async backup(path: string): Promise<void> {
    this.#requireOpen();
    return this.#store.backup(path);
  }

  #requireOpen(): void {
    if (this.#closed !== null) throw new SyncError("shutting_down", "the store is being closed");
  }

  metrics(): Record<string, number> {
    return {
      version: this.version,
      ...limitsOf(this.limits),
      record_problems: this.problems.count,
      ...metricsOf(this.#engine.desk),
      mutation_lines: this.#engine.spaces.get(LINES_SPACE)?.state.lines?.size ?? 0,
      ...this.#engine.metrics(),
      ...this.#moments?.metrics(),
      ...this.#store.metrics(),
    };
  }

  /** The listener is called once, when the last change has been told: whoever serves this authority ends with it. */
  onClose(listener: () => void): () => void {
    return this.#engine.feed.onClose(listener);
  }

  /**
   * Finishes the calls that wait, sends the followers away, folds the records, and releases the store. Later calls are refused
   * with `shutting_down`.
   */
  close(): Promise<void> {
    this.#closed ??= this.#engine.close();
    return this.#closed;
  }

  /** The listener is called when this node drops what it holds, and reads it anew: its followers have to come again (rule N9). */
  onInterrupt(listener: () => void): () => void {
    return this.#engine.feed.onInterrupt(listener);
  }

  /** By it this node knows that nothing newer is in the chain. It is null without `node`: all that is stored is here. */
  get confirming(): Confirming | null {
    return this.#engine.confirming;
  }

  /** This says why nobody is served now. It is null while everybody is. */
  get refusal(): SyncError | null {
    return this.#engine.refusal;
  }

  /**
   * `start` is called whenever this process begins to decide changes, and at once when it does so already. What it returns is
   * called when it decides them no more. So timers and drivers that must not run twice run at one node only (rule T7). Alone on
   * its store, the process decides from the start to the end. This returns how to take `start` back, which stops what it began.
   */
  onTerm(start: TermWork): () => void {
    return this.#engine.onTerm(start);
  }

  /**
   * Waits until every node has taken in what is committed now: call it at the writer, after the change that takes a right away and
   * before you answer it (rule N7). It resolves with true when all have, and with false after 3 s: a node that has not confirmed
   * for so long shows nothing until it has. It resolves at once where the process is alone on its store.
   */
  untilTakenIn(): Promise<boolean> {
    return this.#engine.untilTakenIn();
  }

  /** Hands what runs only once to another node, and follows from then on. It does nothing where no other node is (rule T5). */
  drain(): Promise<void> {
    return this.#engine.drain();
  }

  /** It tells how this node stands to the others. It is null without `node`. */
  get node(): NodeStatus | null {
    return this.#engine.node;
  }
}

/** A change is of the main space, unless the options name another one. */
type ModelFor<M extends Model, S extends SpaceDeclarations, Options extends TransactOptions> = Options extends {
  readonly space: infer Name extends string;
}
  ? ModelOfSpace<S, Name>
  : M;
