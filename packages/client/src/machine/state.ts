import type { Millis } from "@neverstale/base";
import type {
  ClientMessage,
  DeltaMessage,
  FullStateMessage,
  Lineage,
  PartProgress,
  Position,
  ResyncReason,
} from "@neverstale/protocol";
import { DEFAULT_BEACON_MS } from "@neverstale/protocol";

/** Why the replica will not connect again by itself. */
export type EndReason = "signed_out" | "forbidden" | "unknown_space" | "client_too_old";

/** Where the connection stands; the diagram is in transition.ts. */
export type Phase =
  | { readonly type: "idle"; readonly why: "stopped" | "suspended" }
  | { readonly type: "waiting"; readonly retryAt: Millis }
  | { readonly type: "connecting"; readonly deadline: Millis; readonly urgent: boolean }
  | ConnectedPhase
  | { readonly type: "ended"; readonly why: EndReason };

export type ConnectedPhase =
  /** The authority has not spoken yet on this connection. */
  | { readonly type: "greeting"; readonly link: Link }
  | { readonly type: "following"; readonly link: Link }
  /** What is shown may be wrong or behind: deltas are ignored until a full state has come (rule R2). */
  | { readonly type: "resyncing"; readonly link: Link; readonly resync: Resync };

/** What is known of the open connection. */
export interface Link {
  /** Frames of this connection taken in, applied or ignored, bad ones too. */
  readonly taken: number;
  readonly unackedBytes: number;
  /** When the next ack goes out; null when every frame is acked. */
  readonly ackAt: Millis | null;
  readonly heardAt: Millis;
  /** How much has come of a message in parts (rule M9); null: none is under way. */
  readonly loading: PartProgress | null;
  /** How long the last part of it was in coming. */
  readonly partMs: Millis;
  /** Sent and not answered, lowest `n` first. */
  readonly checks: readonly Check[];
  /** A `sync` with a digest that is ours has come since the last full state or resume (rule E4). */
  readonly verified: boolean;
  /** The newest version known to exist, and when it became known. */
  readonly head: number;
  readonly headAt: Millis;
}

export interface Check {
  readonly n: number;
  readonly deadline: Millis;
  /** After a wake-up: when it isn't answered, a new socket is opened without backoff (rule R5). */
  readonly urgent: boolean;
}

export interface Resync {
  readonly reason: ResyncReason;
  /** Attempts on this connection that brought nothing. */
  readonly failures: number;
  /** At most one `get_state` is out (rule R2). */
  readonly getState:
    | { readonly type: "out"; readonly deadline: Millis }
    | { readonly type: "due"; readonly at: Millis };
}

/** The `get_state`s sent for one reason: rule R6 allows five within a minute, then one a minute. */
export interface ResyncHistory {
  /** The newest five, oldest first. */
  readonly sentAt: readonly Millis[];
  readonly limited: boolean;
}

/** Someone who waits until the replica shows `version` of `epoch`, both as given (rule D2). */
export interface Waiter {
  readonly id: number;
  readonly epoch: string;
  readonly version: number;
  /** The `check` that was sent for it on this connection; null when none was. */
  readonly check: number | null;
}

export type WaiterOutcome = "reached" | "history_lost" | "closed";

export interface SyncCounters {
  /** Connections lost, or left, after which another one was sought; how often it was tried is not counted. */
  readonly reconnects: number;
  /** `get_state`s sent, by reason. */
  readonly resyncs: Readonly<Record<ResyncReason, number>>;
  /** Deltas that did not begin where the replica was. */
  readonly gaps: number;
  /** Digests compared. */
  readonly digestChecks: number;
  /** Digests that differed, and diffs that did not fit the state. */
  readonly digestMismatches: number;
  /** Full states below the replica's version, refused by rule E5. */
  readonly loweredStates: number;
  /** Frames that were no message. */
  readonly badFrames: number;
  /** Sockets dropped because a `check` was not answered. */
  readonly silentSockets: number;
}

/** What the authority said of itself in its last `init`, `full_state` or first `sync`. */
export interface AuthorityFacts {
  readonly model: number;
  readonly beaconMs: Millis;
  readonly lineage: Lineage;
}

/** The error the authority sent last, and until when it asked to be left alone. */
export interface AuthorityError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly retryAt: Millis;
}

/**
 * All that the replica decides with. The records are not here: their owner carries out `apply`, `replace` and `clear`
 * in the order given, and then holds the state at `position`.
 */
export interface SyncState {
  readonly phase: Phase;
  /** Of the records shown; null before the first full state. */
  readonly position: Position | null;
  /** The records at `position` were found to be wrong: no resume from there. */
  readonly suspect: boolean;
  readonly authority: AuthorityFacts;
  /** The model this build was made for; null: the first one seen. */
  readonly builtFor: number | null;
  /** The number of the newest socket; events that carry another one are ignored (rule R8). */
  readonly socket: number;
  /** Connections lost since the replica was last level: the exponent of the backoff (rule R6). */
  readonly attempt: number;
  /** Whether the newest socket has ever been open. */
  readonly opened: boolean;
  /** What the environment says of the network. */
  readonly online: boolean;
  /** Somebody may be looking at what is shown: the page is visible. */
  readonly seen: boolean;
  /** When the replica was last known to hold all that the authority had. */
  readonly confirmedAt: Millis | null;
  /** The `n` of the newest `check`, over all connections. */
  readonly checkCount: number;
  readonly histories: Readonly<Record<ResyncReason, ResyncHistory>>;
  readonly waiters: readonly Waiter[];
  readonly error: AuthorityError | null;
  readonly user: string | null;
  readonly counters: SyncCounters;
}

/** What the owner of socket, records and timers is to do, in this order. */
export type SyncEffect =
  /** `attempt` above 1: credentials may be out of date, fetch them anew. */
  | {
      readonly type: "open_socket";
      readonly socket: number;
      readonly resume: Position | null;
      readonly attempt: number;
    }
  /** No event of this socket is of use any more. */
  | { readonly type: "close_socket"; readonly socket: number; readonly code: number }
  | { readonly type: "send"; readonly message: ClientMessage }
  | { readonly type: "apply"; readonly delta: DeltaMessage }
  /** `healing`: why a full state was asked for, and the position of the records it replaces. */
  | { readonly type: "replace"; readonly full: FullStateMessage; readonly healing: Healing | null }
  | { readonly type: "clear" }
  | { readonly type: "settle"; readonly waiter: number; readonly outcome: WaiterOutcome };

export interface Healing {
  readonly reason: ResyncReason;
  readonly from: Position | null;
}

export interface Transition {
  readonly state: SyncState;
  readonly effects: readonly SyncEffect[];
}

export interface InitialOptions {
  readonly model?: number | null;
  readonly user?: string | null;
}

const NO_HISTORY: ResyncHistory = { sentAt: [], limited: false };

export function initialSyncState({ model = null, user = null }: InitialOptions = {}): SyncState {
  return {
    phase: { type: "idle", why: "stopped" },
    position: null,
    suspect: false,
    authority: { model: 0, beaconMs: DEFAULT_BEACON_MS, lineage: [] },
    builtFor: model,
    socket: 0,
    attempt: 0,
    opened: false,
    online: true,
    seen: false,
    confirmedAt: null,
    checkCount: 0,
    histories: { gap: NO_HISTORY, drift: NO_HISTORY, digest: NO_HISTORY, epoch: NO_HISTORY, manual: NO_HISTORY },
    waiters: [],
    error: null,
    user,
    counters: {
      reconnects: 0,
      resyncs: { gap: 0, drift: 0, digest: 0, epoch: 0, manual: 0 },
      gaps: 0,
      digestChecks: 0,
      digestMismatches: 0,
      loweredStates: 0,
      badFrames: 0,
      silentSockets: 0,
    },
  };
}

const NOTHING: readonly SyncEffect[] = [];

export function become(state: SyncState, ...effects: readonly SyncEffect[]): Transition {
  return { state, effects: effects.length === 0 ? NOTHING : effects };
}

/** The next decision on the state that the first one left, with the effects of both. */
export function andThen(first: Transition, next: (state: SyncState) => Transition): Transition {
  const second = next(first.state);
  if (first.effects.length === 0) return second;
  if (second.effects.length === 0) return second.state === first.state ? first : { ...first, state: second.state };
  return { state: second.state, effects: [...first.effects, ...second.effects] };
}

export function isConnected(phase: Phase): phase is ConnectedPhase {
  return phase.type === "following" || phase.type === "greeting" || phase.type === "resyncing";
}

/** The same connection with other facts about it. Only in a connected phase. */
export function withLink(state: SyncState, phase: ConnectedPhase, link: Link): SyncState {
  return { ...state, phase: { ...phase, link } };
}

export function count(state: SyncState, counter: Exclude<keyof SyncCounters, "resyncs">): SyncState {
  return { ...state, counters: { ...state.counters, [counter]: state.counters[counter] + 1 } };
}
