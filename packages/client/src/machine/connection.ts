/** A connection is opened, lost and sought again as decided here; the code with which it closed says what is next (rules R6, R9, M7). */

import { backoffMs, type Millis } from "@neverstale/base";
import { CLOSE } from "@neverstale/protocol";
import { BACKOFF, BACKOFF_WHILE_SEEN } from "./backoff.ts";
import { closeWaiters, forgetChecks } from "./reached.ts";
import {
  andThen,
  become,
  count,
  type EndReason,
  isConnected,
  type Link,
  type Phase,
  type SyncState,
  type Transition,
} from "./state.ts";

/**
 * Opens the next socket. From here on, whatever an earlier one still says is ignored (rule R8). With `urgent` a try that fails is followed
 * by another one at once, for which `again` says that the token may be out of date.
 */
export function openSocket(state: SyncState, now: Millis, { urgent = false, again = false } = {}): Transition {
  const socket = state.socket + 1;
  const deadline = now + Math.min(CONNECT_TIMEOUT_MS, 2 * state.authority.beaconMs + 5_000);
  const opening: SyncState = {
    ...state,
    socket,
    phase: { type: "connecting", deadline, urgent },
    opened: false,
  };
  const counted = state.opened ? count(opening, "reconnects") : opening; // One that never opened was a try.
  const resume = state.suspect ? null : state.position;
  const attempt = again ? Math.max(2, state.attempt) : state.attempt;
  return become(counted, { type: "open_socket", socket, resume, attempt });
}

export function socketOpened(state: SyncState, now: Millis): Transition {
  const link: Link = {
    taken: 0,
    unackedBytes: 0,
    ackAt: null,
    heardAt: now,
    loading: null,
    partMs: 0,
    checks: [],
    verified: false,
    head: 0,
    headAt: now,
  };
  return become({ ...state, phase: { type: "greeting", link }, opened: true, error: null });
}

export function socketClosed(state: SyncState, code: number, now: Millis, chance: number): Transition {
  const lost = forgetChecks(state);
  switch (code) {
    case CLOSE.notSignedIn:
      return andThen(end(lost, "signed_out"), clear); // Rule R9.
    case CLOSE.forbidden:
      return andThen(end(lost, "forbidden"), clear); // Somebody who may not see it must not be shown it any longer.
    case CLOSE.unknownSpace:
      return end(lost, "unknown_space");
    case CLOSE.clientTooOld:
      return end(lost, "client_too_old");
    case CLOSE.comeBackNow:
    case CLOSE.tooSlow:
      return state.attempt === 0 ? openSocket({ ...lost, attempt: 1 }, now) : backOff(lost, now, chance);
    case CLOSE.comeBackLater:
      return backOff(lost, now, chance);
    default:
      return isUrgent(state.phase) ? openSocket(lost, now, { again: isTry(state) }) : backOff(lost, now, chance);
  }
}

/** Returns true while a wake-up is being looked into (rule R5): a connection that was lost in the sleep shows itself now, and costs no backoff. */
function isUrgent(phase: Phase): boolean {
  return phase.type === "connecting"
    ? phase.urgent
    : isConnected(phase) && phase.link.checks.some((check) => check.urgent);
}

/** The connection has not opened. */
function isTry({ phase }: SyncState): boolean {
  return phase.type === "connecting";
}

/** Closes the socket from this side and comes back: at once, or after the backoff. */
export function dropConnection(state: SyncState, atOnce: boolean, now: Millis, chance: number): Transition {
  const closed = closeSocket(state);
  return andThen(closed, (next) =>
    atOnce ? openSocket(next, now, { again: isTry(state) }) : backOff(next, now, chance),
  );
}

/** Closes the socket, if there is one, without deciding what comes after. */
export function closeSocket(state: SyncState, code: number = NORMAL_CLOSURE): Transition {
  if (!isConnected(state.phase) && state.phase.type !== "connecting") return become(state);
  return become(forgetChecks(state), { type: "close_socket", socket: state.socket, code });
}

function backOff(state: SyncState, now: Millis, chance: number): Transition {
  const attempt = state.attempt + 1;
  const backoff = state.seen ? BACKOFF_WHILE_SEEN : BACKOFF;
  const retryAt = Math.max(now + backoffMs(backoff, attempt, chance), state.error?.retryAt ?? 0);
  return become({ ...state, attempt, phase: { type: "waiting", retryAt } });
}

/** There is no connection any more until `start` is called again. */
export function end(state: SyncState, why: EndReason): Transition {
  return closeWaiters({ ...state, phase: { type: "ended", why } });
}

/** Nothing that was shown may be seen any longer, and nothing may be resumed (rule R9). */
export function clear(state: SyncState): Transition {
  return become({ ...state, position: null, suspect: false, confirmedAt: null, attempt: 0 }, { type: "clear" });
}

/** A socket that has not opened by then is given up. It is never longer than promise P2 allows. */
const CONNECT_TIMEOUT_MS = 10_000;
/** A browser lets a page close a socket with this code. */
const NORMAL_CLOSURE = 1000;
