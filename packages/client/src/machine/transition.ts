/** The replica's state machine: `transition` decides what becomes of it with each input, and what is to be done. */

import type { Millis } from "@neverstale/base";
import { CLOSE, type PartProgress, type Position } from "@neverstale/protocol";
import { ackIfDue } from "./acks.ts";
import { sendCheck, sendUrgentCheck, URGENT_ANSWER_MS } from "./checks.ts";
import { clear, closeSocket, dropConnection, end, openSocket, socketClosed, socketOpened } from "./connection.ts";
import { keepAlive, livenessAt } from "./liveness.ts";
import { isOutOfPlace, receivePart } from "./loading.ts";
import { addWaiter, closeWaiters, dropWaiter } from "./reached.ts";
import { type ReceivedMessage, receive } from "./receive.ts";
import { continueResync, mayAsk, resync, resyncAt } from "./resync.ts";
import { andThen, become, type ConnectedPhase, count, isConnected, type SyncState, type Transition } from "./state.ts";
import { confirmedUntil } from "./status.ts";

/*
 * Every arrow is a decision of this file and of those that it calls. What is shown stays shown in all of these phases, but
 * for `ended` after a sign-out.
 *
 *             start                      opened                 init, full_state, first sync (E4)
 *   idle ───────────────▶ connecting ─────────────▶ greeting ──────────────────────────▶ following
 *    ▲                     ▲    │                       │                                  │    ▲
 *    │ stop, suspend       │    │ closed, timeout       │ what it says can't be (R4)       │    │ full state
 *    │ (from anywhere)     │    ▼                       ▼                                  ▼    │
 *                         waiting ◀──────────────── resyncing ◀───────────────────────── gap, drift, digest,
 *              backoff over │   ▲      closed,         get_state is out, or due             epoch, manual
 *              or awake     ▼   │      no answer
 *                        connecting                 closed 4401, 4403, 4404, 4426, sign_out
 *                                   (from anywhere) ──────────────────────────────────────▶ ended ──start──▶ connecting
 */

/** It gives the same result for the same arguments. `chance` is in [0, 1) and drawn by the caller. */
export function transition(state: SyncState, input: SyncInput, now: Millis, chance: number): Transition {
  switch (input.type) {
    case "received":
    case "received_part":
    case "bad_frame":
    case "opened":
    case "closed":
      // Whatever a socket says is ignored when it is not the newest one, or was given up (rule R8).
      return input.socket === state.socket ? heard(state, input, now, chance) : become(state);
    case "woke":
      return woke(state, now, chance);
    case "start":
      return start(state, input.user, now);
    case "stop":
      return andThen(closeSocket(state), (next) => closeWaiters({ ...next, phase: { type: "idle", why: "stopped" } }));
    case "sign_out":
      return andThen(
        andThen(closeSocket(state), (next) => end(next, "signed_out")),
        clear,
      );
    case "suspended":
      return suspend(state);
    case "awake":
      return awake(state, now);
    case "online":
      return awake({ ...state, online: true }, now);
    case "offline":
      return sendCheck({ ...state, online: false }, now);
    case "seen":
    case "unseen":
      return become({ ...state, seen: input.type === "seen" });
    case "refresh":
      return refresh(state, now);
    case "painted":
      return become({ ...state, position: input.position, confirmedAt: now - input.ageMs });
    case "await_position":
      return addWaiter(state, { id: input.waiter, epoch: input.epoch, version: input.version }, now);
    case "abandon":
      return dropWaiter(state, input.waiter);
  }
}

/** The newest socket has said something. */
function heard(state: SyncState, input: SocketInput, now: Millis, chance: number): Transition {
  const { phase } = state;
  if (input.type === "closed") return hasSocket(state) ? socketClosed(state, input.code, now, chance) : become(state);
  if (input.type === "opened") return phase.type === "connecting" ? socketOpened(state, now) : become(state);
  if (!isConnected(phase)) return become(state);
  if (input.type === "received_part") return receivePart(state, phase, input, now);
  if (input.type === "bad_frame" || isOutOfPlace(phase.link.loading, input)) return badFrame(state, now, chance);
  return receive(state, phase, input, now, chance);
}

type SocketInput = Extract<SyncInput, { readonly socket: number }>;

export type SyncInput =
  /** Another `user` than before clears what was shown (rule R9). */
  | { readonly type: "start"; readonly user: string | null }
  | { readonly type: "stop" | "sign_out" }
  /** The page is put aside with its memory (bfcache): its socket must be closed, and nothing runs until it is awake. */
  | { readonly type: "suspended" }
  /** The page is seen again, or the clock jumped: what came before may be long ago (rule R5). */
  | { readonly type: "awake" }
  | { readonly type: "online" | "offline" }
  | { readonly type: "seen" | "unseen" }
  | { readonly type: "opened"; readonly socket: number }
  | ({ readonly type: "received"; readonly socket: number } & ReceivedMessage)
  /** A part of a message has come (rule M9). */
  | {
      readonly type: "received_part";
      readonly socket: number;
      readonly progress: PartProgress;
      readonly sizeBytes: number;
    }
  /** A frame could not be inflated, or is no message. */
  | { readonly type: "bad_frame"; readonly socket: number }
  /** The code is 1006 where the socket could not be opened at all. */
  | { readonly type: "closed"; readonly socket: number; readonly code: number }
  /** The time that `nextWake` gave has come. It is harmless when it comes too early. */
  | { readonly type: "woke" }
  /** Someone asks for a full state by hand. */
  | { readonly type: "refresh" }
  /** Records that were kept over a reload are shown at this position, which was last confirmed so long ago (rule X8). */
  | { readonly type: "painted"; readonly position: Position; readonly ageMs: Millis }
  | { readonly type: "await_position"; readonly waiter: number; readonly epoch: string; readonly version: number }
  | { readonly type: "abandon"; readonly waiter: number };

/** Returns the time at which `woke` is next of use. Null: not before something else happens. */
export function nextWake(state: SyncState, now: Millis): Millis | null {
  const { phase } = state;
  if (phase.type === "waiting") return phase.retryAt;
  if (phase.type === "connecting") return phase.deadline;
  if (!isConnected(phase)) return null;
  let at = livenessAt(phase.link, state.authority.beaconMs);
  if (phase.link.ackAt !== null && phase.link.ackAt < at) at = phase.link.ackAt;
  if (phase.type === "resyncing") at = Math.min(at, resyncAt(phase.resync));
  const stale = confirmedUntil(state); // Nothing is decided at that time, but the status changes.
  return stale > now && stale < at ? stale : at;
}

function hasSocket({ phase }: SyncState): boolean {
  return phase.type === "connecting" || isConnected(phase);
}

function start(state: SyncState, user: string | null, now: Millis): Transition {
  const { phase } = state;
  if (user !== state.user) {
    const closed = andThen(closeSocket({ ...state, user }), closeWaiters);
    return andThen(andThen(closed, clear), (next) => openSocket(next, now));
  }
  return phase.type === "idle" || phase.type === "ended" ? openSocket({ ...state, attempt: 0 }, now) : become(state);
}

function suspend(state: SyncState): Transition {
  if (state.phase.type === "idle" || state.phase.type === "ended") return become(state);
  return andThen(closeSocket(state), (next) => become({ ...next, phase: { type: "idle", why: "suspended" } }));
}

/** A closed socket is opened at once, and an open one has a second to prove itself (rule R5). */
function awake(state: SyncState, now: Millis): Transition {
  const { phase } = state;
  if (isConnected(phase)) return sendUrgentCheck(state, phase, now);
  if (phase.type === "waiting" || (phase.type === "idle" && phase.why === "suspended"))
    return openSocket(state, now, { urgent: true });
  if (phase.type !== "connecting") return become(state);
  const deadline = Math.min(phase.deadline, now + URGENT_ANSWER_MS);
  return become({ ...state, phase: { type: "connecting", deadline, urgent: true } });
}

function woke(state: SyncState, now: Millis, chance: number): Transition {
  const { phase } = state;
  if (phase.type === "waiting") return now >= phase.retryAt ? openSocket(state, now) : become(state);
  if (phase.type === "connecting") {
    return now >= phase.deadline ? dropConnection(state, phase.urgent, now, chance) : become(state);
  }
  if (!isConnected(phase)) return become(state);
  return tend(state, phase, now, chance);
}

/** An open connection has several needs as time passes. */
function tend(state: SyncState, phase: ConnectedPhase, now: Millis, chance: number): Transition {
  let result = keepAlive(state, phase, now, chance);
  for (const need of [ackIfDue, continueResync]) {
    result = andThen(result, (next) => (isConnected(next.phase) ? need(next, next.phase, now, chance) : become(next)));
  }
  return result;
}

function refresh(state: SyncState, now: Millis): Transition {
  const { phase } = state;
  if (phase.type !== "following") return awake(state, now);
  return mayAsk(state, "manual", now) ? resync(state, phase, "manual", now) : become(state);
}

/** A frame that can't be read can't be skipped either, because it may have been a delta. The next connection begins anew. */
function badFrame(state: SyncState, now: Millis, chance: number): Transition {
  const counted = count(state, "badFrames");
  const closed = closeSocket(counted, CLOSE.badMessage);
  return andThen(closed, (next) => socketClosed(next, CLOSE.badMessage, now, chance));
}
