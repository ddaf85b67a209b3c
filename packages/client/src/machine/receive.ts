/** A message of the authority is judged by the position of the replica, which applies it, ignores it, or asks for a full state. */

import type { Millis } from "@neverstale/base";
import type {
  DeltaMessage,
  ErrorMessage,
  FullStateMessage,
  HistoryFacts,
  Position,
  ResyncReason,
  ServerMessage,
  SyncMessage,
} from "@neverstale/protocol";
import { ackIfDue, takenFrame } from "./acks.ts";
import { withoutAnswered } from "./checks.ts";
import { isInLineage, judgeWaiters } from "./reached.ts";
import { resync, resyncFailed } from "./resync.ts";
import {
  type AuthorityFacts,
  andThen,
  become,
  type ConnectedPhase,
  count,
  type Healing,
  isConnected,
  type Link,
  type SyncState,
  type Transition,
} from "./state.ts";

export function receive(
  state: SyncState,
  phase: ConnectedPhase,
  frame: ReceivedMessage,
  now: Millis,
  chance: number,
): Transition {
  const { message, sizeBytes, facts, ageMs = 0 } = frame;
  const link = frame.fromParts ? { ...phase.link, loading: null, partMs: 0 } : takenFrame(phase.link, sizeBytes, now);
  if (message?.type === "delta" && phase.type === "following" && state.waiters.length === 0) {
    return settled(receiveDelta(state, link, message, facts, now), null, now); // This is the usual frame: no detours.
  }
  const connected = { ...phase, link };
  const taken = { ...state, phase: connected };
  const answered = message?.type === "sync" ? (message.check ?? null) : null;
  return settled(receiveMessage(taken, connected, message, facts, { now, saidAt: now - ageMs }, chance), answered, now);
}

function settled(received: Transition, answered: number | null, now: Millis): Transition {
  const phase = received.state.phase;
  const acked = isConnected(phase) ? andThen(received, (state) => ackIfDue(state, phase, now)) : received;
  if (received.state.waiters.length === 0) return acked;
  return andThen(acked, (state) => judgeWaiters(state, answered, now));
}

function receiveMessage(
  state: SyncState,
  phase: ConnectedPhase,
  message: ServerMessage | null,
  facts: ReplicaFacts,
  { now, saidAt }: Moments,
  chance: number,
): Transition {
  if (message === null) return become(state);
  switch (message.type) {
    case "init":
    case "full_state":
      return receiveFullState(state, phase, message, { now, saidAt }, chance);
    case "delta":
      if (phase.type === "resyncing") return become(state); // Rule R2: a full state is on its way.
      if (phase.type === "greeting") return resync(state, phase, "epoch", now); // Nobody has said of which history it is.
      return receiveDelta(state, phase.link, message, facts, now);
    case "mutated":
      return become(state, message);
    case "sync":
      return receiveSync(state, phase, message, facts.digest, { now, saidAt });
    case "error":
      return receiveError(state, phase, message, now, chance);
  }
}

/** A delta applies only at the version from which it leads on (rule R1). */
function receiveDelta(state: SyncState, link: Link, delta: DeltaMessage, facts: ReplicaFacts, now: Millis): Transition {
  const position = state.position as Position;
  const following = { type: "following", link } as const;
  if (delta.version <= position.version) return become({ ...state, phase: following }); // A full state overtook it.
  if (delta.from !== position.version)
    return resync(count({ ...state, phase: following }, "gaps"), following, "gap", now);
  if (!facts.fits) return resync(count({ ...state, phase: following }, "digestMismatches"), following, "digest", now);
  const { headAt } = link;
  const caughtUp = headAt !== null && link.verified && position.version < link.head && delta.version >= link.head;
  return become(
    {
      ...state,
      phase: delta.version > link.head ? { type: "following", link: { ...link, head: delta.version } } : following,
      position: broughtOn(position, delta),
      confirmedAt: caughtUp ? Math.max(headAt, state.confirmedAt ?? headAt) : state.confirmedAt,
      attempt: caughtUp ? 0 : state.attempt,
    },
    { type: "apply", delta },
  );
}

function broughtOn({ epoch, space, proof }: Position, { version, ticket }: DeltaMessage): Position {
  if (proof === undefined || ticket === undefined) return { epoch, space, version };
  return { epoch, space, version, proof: { view: proof.view, ticket } };
}

/** The view and the ticket prove the position (rule V15). Neither is told where all of the space is shown. */
function provenBy({ view, ticket }: HistoryFacts): Pick<Position, "proof"> {
  return view === undefined || ticket === undefined ? NO_PROOF : { proof: { view, ticket } };
}

const NO_PROOF = {};

/** An `init` and a `full_state`, asked for or not, are the same (rules R3, A5). */
function receiveFullState(
  state: SyncState,
  phase: ConnectedPhase,
  full: FullStateMessage,
  { now, saidAt }: Moments,
  chance: number,
): Transition {
  const { epoch, space, version } = full;
  const mine = state.position;
  const isOfMyView = mine?.proof?.view === full.view;
  if (mine !== null && isOfMyView && mine.epoch === epoch && mine.space === space && version < mine.version) {
    return refuseLowered(state, phase, now, chance);
  }
  const link: Link = { ...phase.link, verified: false, head: version, headAt: saidAt };
  const replaced: SyncState = {
    ...withFacts(state, full),
    phase: { type: "following", link },
    position: { epoch, space, version, ...provenBy(full) },
    suspect: false,
  };
  return become(replaced, { type: "replace", full, healing: healingOf(state, phase) });
}

/** Records that were found to be wrong are healed by any full state, also by that of the next connection, which was not asked for. */
function healingOf({ suspect, position }: SyncState, phase: ConnectedPhase): Healing | null {
  if (suspect) return { reason: "digest", from: position };
  return phase.type === "resyncing" ? { reason: phase.resync.reason, from: position } : null;
}

/** The authority owes a full state that is at least as new (rule E5). */
function refuseLowered(state: SyncState, phase: ConnectedPhase, now: Millis, chance: number): Transition {
  const counted = count(state, "loweredStates");
  return phase.type === "resyncing"
    ? resyncFailed(counted, phase, now, now, chance)
    : resync(counted, phase, "drift", now);
}

/** When a `sync` says otherwise than the replica, the replica is wrong (rule R4). */
function receiveSync(
  state: SyncState,
  phase: ConnectedPhase,
  sync: SyncMessage,
  digest: string | null,
  { now, saidAt }: Moments,
): Transition {
  const link = withoutAnswered(phase.link, sync.check);
  if (phase.type === "resyncing") return become({ ...state, phase: { ...phase, link } });
  // Between the parts of the first message no position has been given yet that could be compared (rule M9).
  if (phase.type === "greeting" && sync.part !== undefined) return become({ ...state, phase: { ...phase, link } });
  const heard = { ...phase, link };
  const next = { ...state, phase: heard };
  const objection = objectionTo(state, phase, sync, digest);
  const compared = sync.digest !== undefined && digest !== null ? count(next, "digestChecks") : next;
  if (objection === "digest") return resync(count(compared, "digestMismatches"), heard, "digest", now);
  if (objection !== null) return resync(compared, heard, objection, now);
  return agree(compared, link, sync, saidAt);
}

function objectionTo(
  state: SyncState,
  phase: ConnectedPhase,
  sync: SyncMessage,
  digest: string | null,
): ResyncReason | null {
  const mine = state.position;
  if (mine === null || sync.version !== mine.version) return "drift";
  if (phase.type === "greeting" && sync.resumed?.space !== mine.space) return "epoch";
  if (phase.type === "following" && sync.resumed !== undefined && !continues(sync.resumed, mine)) return "epoch";
  if (sync.digest !== undefined && digest !== null && sync.digest !== digest) return "digest";
  return null;
}

/** A step leads on from a position that is still history by the new lineage (rule E7). */
function continues({ epoch, space, lineage }: HistoryFacts, mine: Position): boolean {
  if (space !== mine.space) return false;
  return epoch === mine.epoch || isInLineage(lineage, mine);
}

/**
 * The replica is where the authority said at this time that it is. It is level when that is the head (rule E4). What is older
 * than the last confirmation takes nothing back of that.
 */
function agree(state: SyncState, link: Link, sync: SyncMessage, saidAt: Millis): Transition {
  const verified = link.verified || sync.digest !== undefined;
  const newer = sync.head > link.head;
  const head = newer ? sync.head : link.head;
  // With the facts alone somebody begins, or goes on in another epoch, who may not know yet what is the newest (rule N4).
  const vouches = sync.digest !== undefined || sync.resumed === undefined;
  const level = vouches && verified && sync.version >= head;
  const agreed: Link = { ...link, verified, head, headAt: newer ? (vouches ? saidAt : null) : link.headAt };
  const named = sync.resumed === undefined ? state : withFacts(state, sync.resumed);
  const mine = state.position as Position;
  const position =
    sync.resumed === undefined ? mine : { ...mine, epoch: sync.resumed.epoch, ...provenBy(sync.resumed) };
  const next: SyncState = { ...named, phase: { type: "following", link: agreed }, position };
  return become(level ? { ...next, confirmedAt: Math.max(saidAt, state.confirmedAt ?? saidAt), attempt: 0 } : next);
}

function withFacts(state: SyncState, { model, beaconMs, lineage }: AuthorityFacts): SyncState {
  return { ...state, authority: { model, beaconMs, lineage }, builtFor: state.builtFor ?? model };
}

/** The authority could not do something. When that was the full state asked for, it is asked for again later (rule A9). */
function receiveError(
  state: SyncState,
  phase: ConnectedPhase,
  error: ErrorMessage,
  now: Millis,
  chance: number,
): Transition {
  const { code, message, hint, retryAfterMs = 0 } = error;
  const noted: SyncState = { ...state, error: { code, message, hint, retryAt: now + retryAfterMs } };
  if (phase.type !== "resyncing" || phase.resync.getState.type === "due") return become(noted);
  return resyncFailed(noted, phase, now + retryAfterMs, now, chance);
}

/** A message has come now, and was written at another time, or just now. */
interface Moments {
  readonly now: Millis;
  readonly saidAt: Millis;
}

export interface ReceivedMessage {
  /** Null means that this build doesn't know the type; the message is ignored. */
  readonly message: ServerMessage | null;
  /** This is the size on the wire. The length of a text frame may stand for it. */
  readonly sizeBytes: number;
  /** It came in parts, each of which was a frame of its own (rule M9). */
  readonly fromParts: boolean;
  /** It was written so long ago at most (rule H6). The default is 0. */
  readonly ageMs?: Millis;
  readonly facts: ReplicaFacts;
}

/** The owner of the records says this about a message before it is judged. */
export interface ReplicaFacts {
  /** It is false when the delta alters a record that isn't there. It is true for every other message. */
  readonly fits: boolean;
  /** This is the digest of the records shown. Null: the message carries none to compare it with. */
  readonly digest: string | null;
}
