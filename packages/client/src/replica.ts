/** A replica follows the authority's state: it has the records, says how fresh they are, and sends requests. */

import type { Millis } from "@neverstale/base";
import {
  type AnyState,
  type InitialState,
  type JsonValue,
  type Mutation,
  type Position,
  type ReadonlyJson,
  readInitialState,
  SyncError,
} from "@neverstale/protocol";
import type { Environment, EnvironmentSignal } from "./environment/environment.ts";
import type { MakeKept, ReplicaKept } from "./kept/keeping.ts";
import { initialSyncState, type SyncCounters, type SyncEffect, type WaiterOutcome } from "./machine/state.ts";
import { type SyncStatus, statusOf } from "./machine/status.ts";
import type { SyncInput } from "./machine/transition.ts";
import type {
  MakeMutations,
  MutateOptions,
  MutationOutcome,
  PendingMutation,
  ReplicaMutations,
  SignOutOptions,
} from "./mutations/mutating.ts";
import { type Divergence, divergenceOf } from "./records/divergence.ts";
import { type Listener, Listeners, type Unsubscribe } from "./records/listeners.ts";
import { ReplicaRecords } from "./records/replica-records.ts";
import type { EffectPosition } from "./requests/answer.ts";
import { type CsrfSource, CsrfTokens, csrfFrom } from "./requests/csrf.ts";
import { httpUrl } from "./requests/http-url.ts";
import { PendingWaiters } from "./requests/pending-waiters.ts";
import type { RequestTarget } from "./requests/request.ts";
import { type OwnerEffect, Runner } from "./runner.ts";
import type { MakeTabs } from "./tabs/sharing.ts";
import { transportOf } from "./transport/loading-transport.ts";
import type { TabRole, Transport } from "./transport/transport.ts";
import { AbsenceWatch } from "./views/absence.ts";
import type { SelectionSource } from "./views/selection.ts";
import { NO_VIEW, nextView, type PastFacts, type SyncView, type ViewState } from "./views/view.ts";

/**
 * The machine decides, the runner gives it its inputs, and this class carries out what concerns the records and those who
 * read them. All that is outside comes in through the environment, so that the simulator runs the same class.
 */
export class Replica<State = AnyState> {
  readonly #options: ReplicaOptions;
  readonly #io: Environment;
  readonly #csrf: CsrfTokens;
  readonly #kept: ReplicaKept | undefined;
  readonly #transport: Transport;
  readonly #runner: Runner;
  readonly #records: ReplicaRecords;
  readonly #listeners = new Listeners();
  readonly #waiters = new PendingWaiters();
  readonly #absences = new AbsenceWatch();
  readonly #mutations: ReplicaMutations | undefined;
  #stopWatching: Unsubscribe | null = null;
  #revision = 0;
  #viewState = NO_VIEW;
  #past: PastFacts = { lastResync: null, lastAbsence: null };
  #divergences = 0;
  #lastDivergence: Divergence | null = null;
  #untold: Divergence[] = [];

  constructor(options: ReplicaOptions) {
    const { io, csrf, url, model = null, user = null } = options;
    this.#options = options;
    this.#io = io;
    this.#records = new ReplicaRecords(io.freezes);
    this.#csrf = new CsrfTokens(typeof csrf === "string" ? csrfFrom(io, this.#httpUrl(csrf)) : (csrf ?? null));
    const tokens = csrf === undefined ? null : this.#csrf;
    const host = this.#host();
    this.#mutations = options.mutations?.(host);
    const own = options.transport ?? transportOf(io, url, tokens);
    const shared = options.tabs?.(host, own) ?? own;
    const transport = this.#mutations?.hold(shared) ?? shared;
    this.#kept = options.kept?.(host);
    this.#transport = this.#kept?.gate(transport) ?? transport;
    const owner = {
      factsFor: (...of: Parameters<ReplicaRecords["factsFor"]>) => {
        this.#mutations?.lift();
        return this.#records.factsFor(...of);
      },
      carryOut: (effect: OwnerEffect) => this.#carryOut(effect),
      turnEnded: () => this.#publish(),
    };
    this.#runner = new Runner({
      io,
      transport: this.#transport,
      state: initialSyncState({ model, user, position: this.#showInitial(options.initial) }),
      owner,
      lines: () => this.#mutations?.connecting() ?? [],
      gate: (deliver) => this.#mutations?.gate(deliver) ?? null,
    });
    this.#viewState = this.#nextView();
    if (options.autoStart !== false && this.#hasPlace) this.start();
  }

  /** It is shown unconfirmed, and the first connection goes on from it (rule E2). */
  #showInitial(initial: InitialState | undefined): Position | null {
    if (initial === undefined) return null;
    const { payload, ...position } = readInitialState(initial);
    this.#records.show(payload);
    return position;
  }

  /** An address that is relative leads nowhere where nothing is shown, as while a page is rendered on a server. */
  get #hasPlace(): boolean {
    const { transport, url } = this.#options;
    return transport !== undefined || this.#io.baseUrl !== null || HAS_SCHEME.test(url);
  }

  /** These are the records by collection, altered in place. A record that did not change is the same object. */
  get state(): State {
    return this.#records.shown as State;
  }

  /** The view says how the replica stands. It is the same object for as long as nothing about it changes. */
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

  /** It is in milliseconds since 1970. Null means never. */
  get lastConfirmedAt(): number | null {
    return this.view.lastConfirmedAt;
  }

  /** This is the larger of two ages: by the monotonic and by the wall clock (rule R7). Null: it was never confirmed. */
  get confirmedAgeMs(): Millis | null {
    const { confirmedAt } = this.#runner.state;
    if (confirmedAt === null || this.lastConfirmedAt === null) return null;
    return Math.max(this.#runner.readNow() - confirmedAt, this.#io.wallTime() - this.lastConfirmedAt);
  }

  /**
   * Returns the time now by the authority's wall clock, in milliseconds since 1970. Times in records are compared with it (rule R7).
   * Before the authority has told, it is the time by the clock here.
   */
  serverNow(): number {
    return this.#runner.readAuthorityTime() ?? this.#io.wallTime();
  }

  /** Null means that this tab shares no connection, or has none now. */
  get sharing(): TabRole | null {
    return this.#transport.sharing ?? null;
  }

  /** The state that is kept over a reload was confirmed at this time, in milliseconds since 1970. Null: nothing is kept. */
  get keptFrom(): number | null {
    return this.#kept?.keptFrom ?? null;
  }

  get counters(): ReplicaCounters {
    return { ...this.#runner.state.counters, divergences: this.#divergences };
  }

  get lastDivergence(): Divergence | null {
    return this.#lastDivergence;
  }

  /** Returns the digest of the records shown (rule G1). It equals the authority's at the same version. */
  digest(): string {
    return this.#readRecords(() => this.#records.digest());
  }

  /** Nothing is laid over the records while `read` runs. */
  #readRecords<T>(read: () => T): T {
    this.#mutations?.lift();
    const result = read();
    this.#mutations?.lay();
    return result;
  }

  /**
   * Asks for a mutation, and resolves with what became of it. Where it is optimistic its effect is shown at once, and goes when the
   * server refuses it. It rejects with `invalid_change` for arguments that are no JSON. It needs the option `mutations`.
   */
  mutate<Args, Answer extends JsonValue>(
    mutation: Mutation<Args, Answer>,
    args: NoInfer<Args>,
    options: MutateOptions = {},
  ): Promise<MutationOutcome<Answer>> {
    const outcome = this.#requireMutations().mutate(mutation, args as JsonValue, options);
    return outcome as Promise<MutationOutcome<Answer>>;
  }

  /** It was asked for and is not settled, or not in the state yet, in its order. It is the same list until something of it changes. */
  get pending(): readonly PendingMutation[] {
    return this.#mutations?.pending ?? NOTHING_PENDING;
  }

  /** Those of them that concern a record. */
  pendingOf(collection: CollectionOf<State>, id: string): readonly PendingMutation[] {
    return this.#mutations?.pendingOf(collection, id) ?? NOTHING_PENDING;
  }

  /** Drops a mutation that was never sent. It returns false where it has been, or is none. */
  drop(key: string): boolean {
    return this.#mutations?.drop(key) ?? false;
  }

  #requireMutations(): ReplicaMutations {
    if (this.#mutations !== undefined) return this.#mutations;
    throw new Error("it needs the option mutations");
  }

  /** Its mutations and what keeps it may use this of it. */
  #host() {
    const replica = this;
    return {
      io: this.#io,
      options: this.#options,
      csrf: this.#csrf,
      records: this.#records,
      get machine() {
        return replica.#runner.state;
      },
      get status() {
        return replica.status;
      },
      get lastConfirmedAt() {
        return replica.lastConfirmedAt;
      },
      readRecords: <T>(read: () => T) => this.#readRecords(read),
      painted: (position: Position, ageMs: Millis) => this.#input({ type: "painted", position, ageMs }),
      signOut: (how: SignOutOptions) => this.signOut(how),
      httpUrl: (path: string) => this.#httpUrl(path),
      serverNow: () => this.serverNow(),
      whenReached: (position: EffectPosition, told: (outcome: WaiterOutcome) => void) =>
        this.#waiters.watch(position, told, (input) => this.#input(input)),
      change: (run: () => void) => this.#runner.turn(run),
    };
  }

  /** Returns the records of a collection as a list. It is the same list until a record of it moves. */
  list<C extends CollectionOf<State>>(collection: C): readonly RecordOf<State, C>[] {
    return this.#records.list(collection) as readonly RecordOf<State, C>[];
  }

  /** The listener is called once after each turn in which a record, the view or what is pending has changed. */
  subscribe(listener: Listener): Unsubscribe {
    return this.#listeners.onAny(listener);
  }

  subscribeCollection(collection: CollectionOf<State>, listener: Listener): Unsubscribe {
    return this.#listeners.onCollection(collection, listener);
  }

  subscribeRecord(collection: CollectionOf<State>, id: string, listener: Listener): Unsubscribe {
    return this.#listeners.onRecord(collection, id, listener);
  }

  /** It is what `select` computes its values from. */
  get source(): SelectionSource<State> {
    return { state: this.state, listeners: this.#listeners, revision: () => this.#revision };
  }

  /**
   * Connects, also after a sign-in. Another user than before sees nothing of the one before. It throws `unreachable` where the address is
   * relative and there is no page that it could belong to. A replica is idle there until it is started.
   */
  start(user: string | null = this.#runner.state.user): void {
    if (!this.#hasPlace) throw noPlace(this.#options.url);
    if (user !== this.#runner.state.user) this.#csrf.forget();
    this.#stopWatching ??= this.#io.watch((signal) => this.#hear(signal));
    try {
      this.#input({ type: "start", user });
      this.#mutations?.start();
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  #hear(signal: EnvironmentSignal): void {
    if (signal === "online") this.#transport.online?.();
    if (signal === "online" || signal === "awake") this.#mutations?.hurry();
    this.#input({ type: signal });
  }

  /** Closes the connection. What is shown stays, and `start` resumes. */
  stop(): void {
    this.#mutations?.stop();
    this.#input({ type: "stop" });
    this.#stopWatching?.();
    this.#stopWatching = null;
  }

  /**
   * Closes the connection and clears all that was shown (rule R9). The session itself is ended by a request of its own. Where mutations are
   * kept over a reload it rejects with `mutations_left` while there are any, and nothing happens, unless it is told what becomes of them.
   */
  async signOut(how?: SignOutOptions): Promise<void> {
    const leaving = this.#mutations?.signOut(how);
    if (leaving) await leaving;
    this.#csrf.forget();
    this.#input({ type: "sign_out" });
  }

  /** Tries for a connection now where there is none, whenever the next try would be, and checks the one there is. */
  retry(): void {
    this.#input({ type: "awake" });
  }

  /** Asks for a full state. Without a connection, it tries for one at once. */
  refresh(): void {
    this.#input({ type: "refresh" });
  }

  /**
   * Resolves when the replica shows what took effect at this position (rule D2). Rejects with `history_lost` when the
   * authority has another history now: repeat the request with its key. Rejects with `closed` when the replica has ended.
   */
  reached(position: EffectPosition, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return this.#waiters.wait(position, signal, (input) => this.#input(input));
  }

  /** It is where `request` sends to: a path of the server that the replica follows, with the replica's credentials. */
  route(path: string): RequestTarget {
    return { io: this.#io, csrf: this.#csrf, url: this.#httpUrl(path) };
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
        this.#mutations?.lift(effect.delta);
        return this.#records.apply(effect.delta);
      case "replace":
        this.#mutations?.lift(effect.full);
        this.#replace(effect);
        return this.#mutations?.replaced();
      case "mutated":
        return this.#mutations?.mutated(effect);
      case "clear":
        this.#absences.forget();
        this.#mutations?.clear();
        this.#kept?.clear();
        return this.#records.clear();
      case "settle":
        return this.#waiters.settle(effect.waiter, effect.outcome);
    }
  }

  #replace({ full, healing }: Extract<SyncEffect, { readonly type: "replace" }>): void {
    const differences = this.#records.replace(full);
    if (healing === null) return;
    const fromVersion = healing.from?.version ?? 0;
    const lastResync = { reason: healing.reason, at: this.#io.wallTime(), fromVersion, toVersion: full.version };
    this.#past = { ...this.#past, lastResync };
    const divergence = divergenceOf(healing, full, differences);
    if (divergence === null) return;
    this.#divergences++;
    this.#lastDivergence = divergence;
    this.#untold.push(divergence);
  }

  #publish(): void {
    const before = this.#viewState;
    this.#viewState = this.#nextView();
    this.#mutations?.lay();
    const moved = this.#records.collectMoved();
    this.#kept?.turned(moved);
    const untold = this.#untold.splice(0);
    const isPendingMoved = this.#mutations?.collectMoved() ?? false;
    if (moved === null && before === this.#viewState && !isPendingMoved) return;
    if (moved !== null) {
      this.#revision++;
      for (const listener of this.#listeners.concerned(moved)) this.#tell(listener);
    }
    for (const listener of this.#listeners.all()) this.#tell(listener);
    for (const divergence of untold) this.#tell(() => this.#options.onDivergence?.(divergence));
    if (this.status.type === "live" && before.view.status.type !== "live") this.#mutations?.hurry();
  }

  #nextView(): ViewState {
    const { state, now } = this.#runner;
    const wall = this.#io.wallTime();
    const status = statusOf(state, now);
    const lastAbsence = this.#absences.note(status, now, wall);
    if (lastAbsence !== this.#past.lastAbsence) this.#past = { ...this.#past, lastAbsence };
    const outside = { ...this.#past, way: this.#transport.way ?? null };
    return nextView(this.#viewState, state, status, outside, now, wall);
  }

  /** A listener that throws harms neither the replica nor the other listeners. The error comes up by itself. */
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

const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:/i;

function noPlace(url: string): SyncError {
  return new SyncError("unreachable", `"${url}" is relative, without a page`, {
    hint: "Give an absolute address.",
  });
}

const NOTHING_PENDING: readonly PendingMutation[] = [];

export interface ReplicaOptions {
  /** This is the address of the authority's WebSocket endpoint. It may be relative where the environment has a place of its own, as a page has. */
  readonly url: string;
  readonly io: Environment;
  /** This is the way to the authority. By default it is WebSocket, to `url`, and HTTP where WebSocket does not pass (rule H9). */
  readonly transport?: Transport;
  /** This address, or this function, gives the session's CSRF token. Without it no token is sent: bearer credentials need none. */
  readonly csrf?: string | CsrfSource;
  /** The state belongs to this user: `start` with another one clears what was shown (rule R9). */
  readonly user?: string;
  /**
   * The page came with this state, which the server made by `StateManager.initialState`. It is shown at once, as not confirmed, and the
   * first connection goes on from it. The constructor throws `bad_message` for what is none.
   */
  readonly initial?: InitialState;
  /** This build was made for this model. Without it, the first one seen counts. */
  readonly model?: number;
  /** With `kept()` of `@neverstale/client/kept` a reload shows at once what was shown before it. It needs `user`. */
  readonly kept?: MakeKept;
  /** With `tabs()` of `@neverstale/client/tabs` the tabs of a browser share one connection. */
  readonly tabs?: MakeTabs;
  /** With `mutations()` of `@neverstale/client/mutations` the replica can mutate. */
  readonly mutations?: MakeMutations;
  /** With false, nothing happens until `start` is called. */
  readonly autoStart?: boolean;
  /** It is told of records that differed from the authority's and have been healed (promise P5). */
  readonly onDivergence?: (divergence: Divergence) => void;
}

export interface ReplicaCounters extends SyncCounters {
  readonly divergences: number;
}

/** It is the name of a collection of the state. */
export type CollectionOf<State> = keyof State & string;

/** It is the type of the records of one collection. */
export type RecordOf<State, C extends keyof State> =
  State[C] extends ReadonlyMap<string, infer R> ? ReadonlyJson<R> : never;
