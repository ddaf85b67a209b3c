import {
  type AnyState,
  CLOSE,
  CSRF_SUBPROTOCOL_PREFIX,
  decodeServerMessage,
  encodeMessage,
  type FullStateMessage,
  type JsonValue,
  type Position,
  type ResyncReason,
  type ServerMessage,
  type StateRecord,
  SUBPROTOCOL,
  SyncError,
} from "@neverstale/protocol";
import { type Clock, readClock, startClock, TIMER_LATE_MS } from "./clock.ts";
import { type CsrfSource, CsrfTokens, csrfFrom } from "./csrf.ts";
import { type DispatchOptions, dispatch, type EffectPosition, type RequestOptions } from "./dispatch.ts";
import { type DispatchedOp, type DispatchedPipeline, dispatchedOp, dispatchedPipeline } from "./dispatch-answers.ts";
import type { ClientSocket, Environment, EnvironmentSignal, SocketEvents, Timer } from "./environment.ts";
import { type Frame, FrameQueue } from "./frame-queue.ts";
import { type Listener, Listeners, type Unsubscribe } from "./listeners.ts";
import type { WaiterOutcome } from "./reached.ts";
import { type RecordKey, Replica } from "./replica.ts";
import { type Selection, TrackedSelection } from "./selection.ts";
import type { SyncStatus } from "./status.ts";
import {
  type Healing,
  initialSyncState,
  type Millis,
  type SyncCounters,
  type SyncEffect,
  type SyncState,
} from "./sync-state.ts";
import { nextWake, type SyncInput, syncStep } from "./sync-step.ts";
import { httpUrl, socketUrl } from "./urls.ts";
import { type LastResync, NO_VIEW, nextView, type SyncView } from "./view.ts";

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
  /** Where `dispatchOp` posts to; `dispatchPipeline` to `pipeline` below it. */
  readonly dispatchPath?: string;
  /** Records differed from the authority's and have been healed (promise P5). */
  readonly onDivergence?: (divergence: Divergence) => void;
}

export interface Divergence {
  readonly reason: ResyncReason;
  /** Of the records that were wrong; null: before the first full state. */
  readonly from: Position | null;
  readonly to: Position;
  /** Whether both are one position; if not, records that changed in between are among the differing ones. */
  readonly exact: boolean;
  readonly differing: number;
  /** The first hundred of them. */
  readonly records: readonly RecordKey[];
}

export interface ReplicaCounters extends SyncCounters {
  readonly divergences: number;
}

/** The names of the collections of a state, and what a record of one is. */
export type CollectionOf<State> = keyof State & string;
export type RecordOf<State, C extends keyof State> = State[C] extends ReadonlyMap<string, infer R> ? R : never;

const NORMAL_CLOSURE = 1000;
const CONNECTION_LOST = 1006;
/** How often the clocks are compared, to notice that the machine slept where nothing else says so (rule R5). */
const CLOCK_CHECK_MS = 2_000;
const NO_RECORDS: ReadonlyMap<string, StateRecord> = new Map();

/**
 * The replica in an environment that is handed in: carries out what `syncStep` decides and owns the socket, the timer,
 * the records and those who listen. It decides nothing itself.
 */
export class ReplicaDriver<State = AnyState> {
  readonly #options: ReplicaOptions;
  readonly #io: Environment;
  readonly #csrf: CsrfTokens;
  readonly #replica = new Replica();
  readonly #listeners = new Listeners();
  readonly #state: AnyState;
  readonly #waiters = new Map<number, (outcome: WaiterOutcome) => void>();
  readonly #lists = new Map<string, readonly StateRecord[]>();
  #sync: SyncState;
  #clock: Clock;
  #now: Millis;
  #socket: ClientSocket | null = null;
  #frames: FrameQueue | null = null;
  #timer: Timer | null = null;
  #timerAt: Millis = 0;
  #stopWatching: Unsubscribe | null = null;
  #inTurn = false;
  #revision = 0;
  #waiterCount = 0;
  #viewState = NO_VIEW;
  #lastResync: LastResync | null = null;
  #divergences = 0;
  #lastDivergence: Divergence | null = null;
  #untold: Divergence[] = [];

  constructor(options: ReplicaOptions) {
    const { io, csrf } = options;
    this.#options = options;
    this.#io = io;
    this.#csrf = new CsrfTokens(typeof csrf === "string" ? csrfFrom(io, this.#httpUrl(csrf)) : (csrf ?? null));
    this.#state = new Proxy(this.#replica.state, {
      get: (state, name: string) => state[name] ?? NO_RECORDS, // Before the first state every collection is empty.
    });
    this.#clock = startClock(io.now(), io.wallTime());
    this.#now = io.now();
    this.#sync = initialSyncState({ model: options.model ?? null, user: options.user ?? null });
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
    return this.#sync.position;
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
    const { confirmedAt } = this.#sync;
    if (confirmedAt === null || this.lastConfirmedAt === null) return null;
    const { now } = readClock(this.#clock, this.#io.now(), this.#io.wallTime());
    return Math.max(now - confirmedAt, this.#io.wallTime() - this.lastConfirmedAt);
  }

  get counters(): ReplicaCounters {
    return { ...this.#sync.counters, divergences: this.#divergences };
  }

  get lastDivergence(): Divergence | null {
    return this.#lastDivergence;
  }

  /** Another number whenever a record has moved. */
  get revision(): number {
    return this.#revision;
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
    const driver = this;
    const source = {
      state: this.#state,
      listeners: this.#listeners,
      get revision() {
        return driver.#revision;
      },
    };
    return new TrackedSelection(source, selector as (state: AnyState) => T, isEqual);
  }

  /** Connects, also after a sign-in. Another user than before sees nothing of the one before. */
  start(user?: string): void {
    if (user !== undefined && user !== this.#sync.user) this.#csrf.forget();
    this.#stopWatching ??= this.#io.watch((signal) => this.#signalled(signal));
    this.#input({ type: "start", user: user ?? this.#sync.user });
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

  /** Asks for a full state; without a connection, tries for one at once. */
  refresh(): void {
    this.#input({ type: "refresh" });
  }

  /**
   * Resolves when the replica shows what took effect at this position (rule D2). Rejects with `history_lost` when the
   * authority has another history now: repeat the dispatch with its key; with `closed` when the replica has ended.
   */
  reached(position: EffectPosition, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { epoch, version } = position;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const waiter = ++this.#waiterCount;
      const onAbort = (): void => {
        this.#waiters.delete(waiter);
        this.#input({ type: "abandon", waiter });
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiters.set(waiter, (outcome) => {
        signal?.removeEventListener("abort", onAbort);
        if (outcome === "reached") resolve();
        else reject(outcome === "history_lost" ? historyLost(position) : closed());
      });
      this.#input({ type: "await_position", waiter, epoch, version });
    });
  }

  /** Starts an op on hosts (rules D1-D4). See `dispatch` for how it ends. */
  async dispatchOp(op: string, hosts: readonly string[], options: DispatchOptions = {}): Promise<DispatchedOp> {
    const { args, force, totp, ...request } = options;
    const body = { op, hosts, ...given({ args, force, totp }) };
    return dispatchedOp(await this.dispatch(this.#dispatchPath, body, request));
  }

  async dispatchPipeline(
    pipeline: string,
    hosts: readonly string[],
    options: DispatchOptions = {},
  ): Promise<DispatchedPipeline> {
    const { args, force, totp, ...request } = options;
    const body = { pipeline, hosts, ...given({ args, force, totp }) };
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

  #signalled(signal: EnvironmentSignal): void {
    this.#input({ type: signal });
  }

  #input(input: SyncInput): void {
    this.#turn(() => this.#step(input));
  }

  /** Everything that happens at one moment; who listens is told once, at its end (rule R1). */
  #turn(run: () => void): void {
    if (this.#inTurn) return run();
    this.#inTurn = true;
    try {
      this.#readClock();
      run();
    } finally {
      this.#inTurn = false;
    }
    this.#arm();
    this.#publish();
  }

  #readClock(): void {
    const { clock, now, jumped } = readClock(this.#clock, this.#io.now(), this.#io.wallTime());
    this.#clock = clock;
    this.#now = now;
    if (!jumped) return;
    this.#disarm(); // It was set by a clock that no longer holds.
    this.#step({ type: "awake" });
  }

  #step(input: SyncInput): void {
    const { state, effects } = syncStep(this.#sync, input, this.#now, this.#io.chance());
    this.#sync = state;
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: SyncEffect): void {
    switch (effect.type) {
      case "apply":
        return this.#replica.apply(effect.delta);
      case "replace":
        return this.#replace(effect.full, effect.healing);
      case "clear":
        return this.#replica.clear();
      case "send":
        return this.#socket?.send(encodeMessage(effect.message));
      case "open_socket":
        return this.#open(effect.socket, effect.resume, effect.attempt);
      case "close_socket":
        return this.#close(effect.code);
      case "settle":
        this.#waiters.get(effect.waiter)?.(effect.outcome);
        this.#waiters.delete(effect.waiter);
    }
  }

  #replace(full: FullStateMessage, healing: Healing | null): void {
    const { count, records } = this.#replica.replace(full);
    if (healing === null) return;
    const { reason, from } = healing;
    const { epoch, space, version } = full;
    this.#lastResync = { reason, at: this.#io.wallTime(), fromVersion: from?.version ?? 0, toVersion: version };
    if (count === 0 || (reason !== "digest" && reason !== "drift")) return;
    const exact = from?.epoch === epoch && from.space === space && from.version === version;
    this.#divergences++;
    this.#lastDivergence = { reason, from, to: { epoch, space, version }, exact, differing: count, records };
    this.#untold.push(this.#lastDivergence);
  }

  #open(socket: number, resume: Position | null, attempt: number): void {
    this.#close(NORMAL_CLOSURE);
    if (this.#options.csrf === undefined) return this.#connect(socket, resume, [SUBPROTOCOL]);
    this.#csrf.get(attempt > 0).then(
      (token) => {
        const current = this.#sync.socket === socket && this.#sync.phase.type === "connecting";
        if (current) this.#connect(socket, resume, [SUBPROTOCOL, `${CSRF_SUBPROTOCOL_PREFIX}${token}`]);
      },
      (error: unknown) => this.#input({ type: "closed", socket, code: closeCodeFor(error) }),
    );
  }

  #connect(socket: number, resume: Position | null, protocols: readonly string[]): void {
    const url = socketUrl(this.#options.url, this.#io.baseUrl, resume);
    const frames = new FrameQueue(
      this.#io.inflate,
      (frame) => this.#take(socket, frame),
      (run) => this.#turn(run),
    );
    const events: SocketEvents = {
      opened: () => this.#input({ type: "opened", socket }),
      received: (frame) => frames.push(frame),
      closed: (code) => this.#input({ type: "closed", socket, code }),
    };
    this.#frames = frames;
    this.#socket = this.#io.openSocket(url, protocols, events);
  }

  #close(code: number): void {
    this.#frames?.close();
    this.#socket?.close(code);
    this.#frames = null;
    this.#socket = null;
  }

  #take(socket: number, frame: Frame): void {
    const message = frame.type === "text" ? decoded(frame.text) : "bad";
    if (frame.type === "bad" || message === "bad") return this.#step({ type: "bad_frame", socket });
    const facts = this.#replica.factsFor(message, this.#sync.position?.version);
    this.#step({ type: "received", socket, message, sizeBytes: frame.sizeBytes, facts });
  }

  #arm(): void {
    const wake = nextWake(this.#sync, this.#now);
    if (wake === null) return this.#disarm();
    const at = Math.min(wake, this.#now + CLOCK_CHECK_MS);
    if (this.#timer !== null && this.#timerAt <= at) return; // It comes too early, finds nothing to do and is set anew.
    this.#disarm();
    this.#timerAt = at;
    this.#timer = this.#io.after(Math.max(0, at - this.#now), () => this.#onTimer());
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #onTimer(): void {
    const due = this.#timerAt;
    this.#timer = null;
    this.#turn(() => {
      if (this.#now - due > TIMER_LATE_MS) this.#step({ type: "awake" });
      this.#step({ type: "woke" });
    });
  }

  #publish(): void {
    const before = this.#viewState;
    this.#viewState = nextView(before, this.#sync, this.#lastResync, this.#now, this.#io.wallTime());
    const moved = this.#replica.takeMoved();
    const untold = this.#untold.splice(0);
    if (moved === null && before === this.#viewState) return;
    if (moved !== null) {
      this.#revision++;
      for (const collection of moved.keys()) this.#lists.delete(collection);
      for (const listener of this.#listeners.concerned(moved)) this.#tell(listener);
    }
    for (const listener of [...this.#listeners.all()]) this.#tell(listener);
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

function decoded(text: string): ServerMessage | null | "bad" {
  try {
    return decodeServerMessage(text);
  } catch (error) {
    if (error instanceof SyncError) return "bad";
    throw error;
  }
}

function closeCodeFor(error: unknown): number {
  return error instanceof SyncError && error.code === "not_signed_in" ? CLOSE.notSignedIn : CONNECTION_LOST;
}

/** Without the members that are not given. */
function given(members: Readonly<Record<string, JsonValue | undefined>>): Record<string, JsonValue> {
  const kept: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(members)) if (value !== undefined) kept[name] = value;
  return kept;
}

function historyLost({ epoch, version }: EffectPosition): SyncError {
  return new SyncError("history_lost", `version ${version} of epoch ${epoch} is not in the authority's history`, {
    hint: "Repeat the dispatch with the same idempotency key.",
  });
}

function closed(): SyncError {
  return new SyncError("closed", "the replica does not follow the authority any more", {
    hint: "Sign in, or call start().",
  });
}
