import type { Millis } from "@neverstale/base";
import type { AnyState, JsonValue, Position, ReadonlyJson, StateRecord } from "@neverstale/protocol";
import { initialSyncState, type SyncCounters, type SyncEffect } from "./machine/state.ts";
import type { SyncStatus } from "./machine/status.ts";
import type { SyncInput } from "./machine/transition.ts";
import { type Divergence, divergenceOf } from "./records/divergence.ts";
import { guardedMap } from "./records/guarded-map.ts";
import { type Listener, Listeners, type Unsubscribe } from "./records/listeners.ts";
import { Replica } from "./records/replica.ts";
import { type CsrfSource, CsrfTokens, csrfFrom } from "./requests/csrf.ts";
import {
  dispatch,
  type EffectPosition,
  type OpOptions,
  type PipelineOptions,
  type RequestOptions,
} from "./requests/dispatch.ts";
import {
  type DispatchedOp,
  type DispatchedPipeline,
  dispatchedOp,
  dispatchedPipeline,
} from "./requests/dispatch-answers.ts";
import { PendingWaiters } from "./requests/pending-waiters.ts";
import { type OwnerEffect, SyncRunner } from "./sync-runner.ts";
import type { Environment } from "./transport/environment.ts";
import { httpUrl } from "./transport/urls.ts";
import { type Selection, TrackedSelection } from "./views/selection.ts";
import { type LastResync, NO_VIEW, nextView, type SyncView } from "./views/view.ts";

export interface ReplicaOptions {
  /** Of the WebSocket endpoint; relative where the environment has a place of its own (a page). */
  readonly url: string;
  readonly io: Environment;
  /** The address of the session (`GET /api/session`), or what gives its token. Without: bearer credentials. */
  readonly csrf?: string | CsrfSource;
  /** Whose state it is: `start` with another user clears what was shown (rule R9). */
  readonly user?: string;
  /** The model this build was made for; without, the first one seen counts. */
  readonly model?: number;
  /** False: nothing happens until `start` is called. */
  readonly autoStart?: boolean;
  /** Where `dispatchOp` posts to, `/api/dispatch` by default; `dispatchPipeline` to `pipeline` below it. */
  readonly dispatchPath?: string;
  /** Records differed from the authority's and have been healed (promise P5). */
  readonly onDivergence?: (divergence: Divergence) => void;
}

export interface ReplicaCounters extends SyncCounters {
  readonly divergences: number;
}

/** The names of the collections of a state, and what a record of one is. */
export type CollectionOf<State> = keyof State & string;
export type RecordOf<State, C extends keyof State> =
  State[C] extends ReadonlyMap<string, infer R> ? ReadonlyJson<R> : never;

const NO_RECORDS: ReadonlyMap<string, StateRecord> = guardedMap(() => false);

/**
 * The replica in an environment that is handed in: its records, how fresh they are, those who listen to either, and the
 * ways to have an effect.
 */
export class ReplicaDriver<State = AnyState> {
  readonly #options: ReplicaOptions;
  readonly #io: Environment;
  readonly #csrf: CsrfTokens;
  readonly #runner: SyncRunner;
  readonly #replica: Replica;
  readonly #listeners = new Listeners();
  readonly #waiters = new PendingWaiters();
  readonly #lists = new Map<string, readonly StateRecord[]>();
  readonly #state: AnyState;
  #stopWatching: Unsubscribe | null = null;
  #revision = 0;
  #viewState = NO_VIEW;
  #lastResync: LastResync | null = null;
  #divergences = 0;
  #lastDivergence: Divergence | null = null;
  #untold: Divergence[] = [];

  constructor(options: ReplicaOptions) {
    const { io, csrf, url, model = null, user = null } = options;
    this.#options = options;
    this.#io = io;
    this.#replica = new Replica(io.freezes);
    this.#csrf = new CsrfTokens(typeof csrf === "string" ? csrfFrom(io, this.#httpUrl(csrf)) : (csrf ?? null));
    this.#state = new Proxy(this.#replica.state, {
      get: (state, name: string) => state[name] ?? NO_RECORDS, // Before the first state every collection is empty.
      set: () => false,
      deleteProperty: () => false,
      defineProperty: () => false,
    });
    const owner = {
      factsFor: this.#replica.factsFor.bind(this.#replica),
      carryOut: (effect: OwnerEffect) => this.#carryOut(effect),
      turnEnded: () => this.#publish(),
    };
    const state = initialSyncState({ model, user });
    this.#runner = new SyncRunner({ io, url, csrf: csrf === undefined ? null : this.#csrf, state, owner });
    if (options.autoStart !== false) this.start();
  }

  /** The records by collection, altered in place; a record that did not change is the same object. */
  get state(): State {
    return this.#state as State;
  }

  /** How the replica stands; the same object for as long as nothing about it changes. */
  get view(): SyncView {
    return this.#viewState.view;
  }

  get status(): SyncStatus {
    return this.view.status;
  }

  get position(): Position | null {
    return this.#runner.state.position;
  }

  get version(): number {
    return this.view.version;
  }

  get epoch(): string | null {
    return this.view.epoch;
  }

  get outdated(): boolean {
    return this.view.outdated;
  }

  /** Milliseconds since 1970; null: never. */
  get lastConfirmedAt(): number | null {
    return this.view.lastConfirmedAt;
  }

  /** The larger of what the monotonic and the wall clock say (rule R7); null: never confirmed. */
  get confirmedAgeMs(): Millis | null {
    const { confirmedAt } = this.#runner.state;
    if (confirmedAt === null || this.lastConfirmedAt === null) return null;
    return Math.max(this.#runner.readNow() - confirmedAt, this.#io.wallTime() - this.lastConfirmedAt);
  }

  /**
   * What the authority's wall clock says now, in milliseconds since 1970: what times in records are compared with (rule
   * R7). Before the authority has told, what the clock here says.
   */
  serverNow(): number {
    return this.#runner.readAuthorityTime() ?? this.#io.wallTime();
  }

  get counters(): ReplicaCounters {
    return { ...this.#runner.state.counters, divergences: this.#divergences };
  }

  get lastDivergence(): Divergence | null {
    return this.#lastDivergence;
  }

  /** The digest of the records shown (rule G1): equal to the authority's at the same version. */
  digest(): string {
    return this.#replica.digest();
  }

  /** The records of a collection as a list: the same one until a record of it moves. */
  list<C extends CollectionOf<State>>(collection: C): readonly RecordOf<State, C>[] {
    let list = this.#lists.get(collection);
    if (list === undefined) {
      list = [...(this.#replica.state[collection] ?? NO_RECORDS).values()];
      if (this.#io.freezes) Object.freeze(list);
      this.#lists.set(collection, list);
    }
    return list as readonly RecordOf<State, C>[];
  }

  /** Called once after each turn in which a record or the view has changed. */
  subscribe(listener: Listener): Unsubscribe {
    return this.#listeners.onAny(listener);
  }

  subscribeCollection(collection: CollectionOf<State>, listener: Listener): Unsubscribe {
    return this.#listeners.onCollection(collection, listener);
  }

  subscribeRecord(collection: CollectionOf<State>, id: string, listener: Listener): Unsubscribe {
    return this.#listeners.onRecord(collection, id, listener);
  }

  /** A value computed from the state: computed again, and told, only when what it was made of has moved. */
  select<T>(selector: (state: State) => T, isEqual: (a: T, b: T) => boolean = Object.is): Selection<T> {
    const source = { state: this.#state, listeners: this.#listeners, revision: () => this.#revision };
    return new TrackedSelection(source, selector as (state: AnyState) => T, isEqual);
  }

  /** Connects, also after a sign-in. Another user than before sees nothing of the one before. */
  start(user: string | null = this.#runner.state.user): void {
    if (user !== this.#runner.state.user) this.#csrf.forget();
    this.#stopWatching ??= this.#io.watch((signal) => this.#input({ type: signal }));
    try {
      this.#input({ type: "start", user });
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /** Closes the connection; what is shown stays, and `start` resumes. */
  stop(): void {
    this.#input({ type: "stop" });
    this.#stopWatching?.();
    this.#stopWatching = null;
  }

  /** Closes the connection and clears all that was shown (rule R9). The session itself is ended by its own request. */
  signOut(): void {
    this.#csrf.forget();
    this.#input({ type: "sign_out" });
  }

  /** Tries for a connection now where there is none, whenever the next try would be, and checks the one there is. */
  retry(): void {
    this.#input({ type: "awake" });
  }

  /** Asks for a full state; without a connection, tries for one at once. */
  refresh(): void {
    this.#input({ type: "refresh" });
  }

  /**
   * Resolves when the replica shows what took effect at this position (rule D2). Rejects with `history_lost` when the
   * authority has another history now: repeat the dispatch with its key; with `closed` when the replica has ended.
   */
  reached(position: EffectPosition, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return this.#waiters.wait(position, signal, (input) => this.#input(input));
  }

  /** Starts an op on hosts (rules D1-D4). See `dispatch` for how it ends. */
  async dispatchOp(op: string, hosts: readonly string[], options: OpOptions = {}): Promise<DispatchedOp> {
    const { args, wait, force, totp, ...request } = options;
    const body = { op, hosts, ...given({ args, wait, force, totp }) };
    return dispatchedOp(await this.dispatch(this.#dispatchPath, body, request));
  }

  async dispatchPipeline(
    pipeline: string,
    hosts: readonly string[],
    options: PipelineOptions = {},
  ): Promise<DispatchedPipeline> {
    const { totp, ...request } = options;
    const body = { pipeline, hosts, ...given({ totp }) };
    return dispatchedPipeline(await this.dispatch(`${this.#dispatchPath}/pipeline`, body, request));
  }

  /**
   * Any request with an effect, by the rules of dispatch; `body` undefined: none. Resolves with the answer's body. See
   * dispatch.ts for the errors. Works without the WebSocket (rule D4).
   */
  dispatch(path: string, body: JsonValue | undefined, options: RequestOptions = {}): Promise<JsonValue> {
    return dispatch({ io: this.#io, csrf: this.#csrf, url: this.#httpUrl(path) }, body, options);
  }

  get #dispatchPath(): string {
    return this.#options.dispatchPath ?? "/api/dispatch";
  }

  #httpUrl(path: string): string {
    return httpUrl(path, this.#options.url, this.#io.baseUrl);
  }

  #input(input: SyncInput): void {
    this.#runner.input(input);
  }

  #carryOut(effect: OwnerEffect): void {
    switch (effect.type) {
      case "apply":
        return this.#replica.apply(effect.delta);
      case "replace":
        return this.#replace(effect);
      case "clear":
        return this.#replica.clear();
      case "settle":
        return this.#waiters.settle(effect.waiter, effect.outcome);
    }
  }

  #replace({ full, healing }: Extract<SyncEffect, { readonly type: "replace" }>): void {
    const differences = this.#replica.replace(full);
    if (healing === null) return;
    const fromVersion = healing.from?.version ?? 0;
    this.#lastResync = { reason: healing.reason, at: this.#io.wallTime(), fromVersion, toVersion: full.version };
    const divergence = divergenceOf(healing, full, differences);
    if (divergence === null) return;
    this.#divergences++;
    this.#lastDivergence = divergence;
    this.#untold.push(divergence);
  }

  #publish(): void {
    const before = this.#viewState;
    const { state, now } = this.#runner;
    this.#viewState = nextView(before, state, this.#lastResync, now, this.#io.wallTime());
    const moved = this.#replica.takeMoved();
    const untold = this.#untold.splice(0);
    if (moved === null && before === this.#viewState) return;
    if (moved !== null) {
      this.#revision++;
      for (const collection of moved.keys()) this.#lists.delete(collection);
      for (const listener of this.#listeners.concerned(moved)) this.#tell(listener);
    }
    for (const listener of this.#listeners.all()) this.#tell(listener);
    for (const divergence of untold) this.#tell(() => this.#options.onDivergence?.(divergence));
  }

  /** A listener that throws harms neither the replica nor the other listeners; the error comes up by itself. */
  #tell(listener: Listener): void {
    try {
      listener();
    } catch (error) {
      this.#io.after(0, () => {
        throw error;
      });
    }
  }
}

/** Without the members that are not given. */
function given(members: Readonly<Record<string, JsonValue | undefined>>): Record<string, JsonValue> {
  const kept: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(members)) if (value !== undefined) kept[name] = value;
  return kept;
}
