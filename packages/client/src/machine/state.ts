/** The machine's state is all that the replica decides with; a transition is its next state, with what is to be done. */

import type { Millis } from "@neverstale/base";
import type {
  ClientMessage,
  DeltaMessage,
  FullStateMessage,
  Lineage,
  MutatedMessage,
  PartProgress,
  Position,
  ResyncReason,
} from "@neverstale/protocol";
import { DEFAULT_BEACON_MS } from "@neverstale/protocol";

/**
 * The records are not here. Their owner carries out `apply`, `replace` and `clear` in the order given, and then holds the
 * state at `position`.
 */
export interface SyncState {
  readonly phase: Phase;
  /** The records shown have this position. Null: no full state has come yet. */
  readonly position: Position | null;
  /** The records at `position` were found to be wrong: no resume from there. */
  readonly suspect: boolean;
  readonly authority: AuthorityFacts;
  /** This build was made for this model. Null: the first one seen counts. */
  readonly builtFor: number | null;
  /** The newest socket has this number. Events that carry another one are ignored (rule R8). */
  readonly socket: number;
  /** Counts the connections that were lost since the replica was last level: the exponent of the backoff (rule R6). */
  readonly attempt: number;
  /** The newest socket has been open. */
  readonly opened: boolean;
  /** It is false while the environment says that there is no network. */
  readonly online: boolean;
  /** Somebody may be looking at what is shown: the page is visible. */
  readonly seen: boolean;
  /** At this time the replica was last known to hold all that the authority had. */
  readonly confirmedAt: Millis | null;
  /** The newest `check` has this `n`, over all connections. */
  readonly checkCount: number;
  readonly histories: Readonly<Partial<Record<ResyncReason, ResyncHistory>>>;
  readonly waiters: readonly Waiter[];
  readonly error: AuthorityError | null;
  readonly user: string | null;
  readonly counters: SyncCounters;
}

/** The machine makes this of one input: its next state, and what is to be done. */
export interface Transition {
  readonly state: SyncState;
  readonly effects: readonly SyncEffect[];
}

/** The phase says where the connection stands. Its diagram is in transition.ts. */
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
  /** The records shown may be wrong or behind: deltas are ignored until a full state has come (rule R2). */
  | { readonly type: "resyncing"; readonly link: Link; readonly resync: Resync };

/** The replica will not connect again by itself, for one of these reasons. */
export type EndReason = "signed_out" | "forbidden" | "unknown_space" | "client_too_old";

/** So much is known of the open connection. */
export interface Link {
  /** Counts the frames of this connection that have come: applied or ignored, bad ones too. */
  readonly taken: number;
  readonly unackedBytes: number;
  /** The next ack goes out at this time. Null: every frame is acked. */
  readonly ackAt: Millis | null;
  readonly heardAt: Millis;
  /** So much has come of a message in parts (rule M9). Null: none is under way. */
  readonly loading: PartProgress | null;
  /** The last part of it was so long in coming. */
  readonly partMs: Millis;
  /** These were sent and are not answered, the lowest `n` first. */
  readonly checks: readonly Check[];
  /** A `sync` whose digest is ours has come since the last full state or resume (rule E4). */
  readonly verified: boolean;
  /** This is the newest version that is known to exist. It was the newest one at `headAt`. Null: nobody has said when. */
  readonly head: number;
  readonly headAt: Millis | null;
}

export interface Check {
  readonly n: number;
  readonly deadline: Millis;
  /** It was sent after a wake-up: when it isn't answered, a new socket is opened without backoff (rule R5). */
  readonly urgent: boolean;
}

export interface Resync {
  readonly reason: ResyncReason;
  /** Counts the attempts on this connection that brought nothing. */
  readonly failures: number;
  /** At most one `get_state` is out (rule R2). */
  readonly getState:
    | { readonly type: "out"; readonly deadline: Millis }
    | { readonly type: "due"; readonly at: Millis };
}

/** These `get_state`s were sent for one reason. Rule R6 allows five within a minute, then one a minute. */
export interface ResyncHistory {
  /** It holds the newest five, the oldest first. */
  readonly sentAt: readonly Millis[];
  readonly limited: boolean;
}

/** A waiter waits until the replica shows `version` of `epoch`, both as given (rule D2). */
export interface Waiter {
  readonly id: number;
  readonly epoch: string;
  readonly version: number;
  /** This `check` was sent for it on this connection. Null: none was. */
  readonly check: number | null;
  /** The answer has come while a full state was asked for, and is judged when that has come. */
  readonly isAnswered: boolean;
}

export type WaiterOutcome = "reached" | "history_lost" | "closed";

/** Each counts since the replica was made. */
export interface SyncCounters {
  /** Connections that were lost or left, after which another one was sought. The tries are not counted. */
  readonly reconnects: number;
  /** `get_state`s that were sent, by reason. */
  readonly resyncs: Readonly<Record<ResyncReason, number>>;
  /** Deltas that did not begin where the replica was. */
  readonly gaps: number;
  /** Digests that were compared. */
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

/** The authority said this of itself in its last `init`, `full_state`, first `sync` or step. */
export interface AuthorityFacts {
  readonly model: number;
  readonly beaconMs: Millis;
  readonly lineage: Lineage;
}

/** The authority sent this error last, and asked to be left alone until `retryAt`. */
export interface AuthorityError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly retryAt: Millis;
}

/** The owner of connection, records and timers carries these out in their order. */
export type SyncEffect =
  /** With an `attempt` above 1, credentials may be out of date. */
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
  /** `healing` says why a full state was asked for, and at which position the records are that it replaces. */
  | { readonly type: "replace"; readonly full: FullStateMessage; readonly healing: Healing | null }
  | { readonly type: "clear" }
  /** The mutations of its line up to `n` are in the state at `version` (rule U11). */
  | MutatedMessage
  | { readonly type: "settle"; readonly waiter: number; readonly outcome: WaiterOutcome };

export interface Healing {
  readonly reason: ResyncReason;
  readonly from: Position | null;
}

export interface InitialOptions {
  readonly model?: number | null;
  readonly user?: string | null;
  /** Records that were given at the start are shown at this position. Nobody has confirmed them. */
  readonly position?: Position | null;
}

export function initialSyncState({ model = null, user = null, position = null }: InitialOptions = {}): SyncState {
  return {
    phase: { type: "idle", why: "stopped" },
    position,
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
    histories: {},
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

/** The next decision is made on the state that the first one left. The result has the effects of both. */
export function andThen(first: Transition, next: (state: SyncState) => Transition): Transition {
  const second = next(first.state);
  if (first.effects.length === 0) return second;
  if (second.effects.length === 0) return second.state === first.state ? first : { ...first, state: second.state };
  return { state: second.state, effects: [...first.effects, ...second.effects] };
}

export function isConnected(phase: Phase): phase is ConnectedPhase {
  return phase.type === "following" || phase.type === "greeting" || phase.type === "resyncing";
}

/** The connection is the same, and other facts are known of it. */
export function withLink(state: SyncState, phase: ConnectedPhase, link: Link): SyncState {
  return { ...state, phase: { ...phase, link } };
}

export function count(state: SyncState, counter: Exclude<keyof SyncCounters, "resyncs">): SyncState {
  return { ...state, counters: { ...state.counters, [counter]: state.counters[counter] + 1 } };
}
