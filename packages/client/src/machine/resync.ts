/** A resync asks for a full state, one at a time, and not too often (rules R2 and R6). */

import { backoffMs, type Millis } from "@neverstale/base";
import type { ResyncReason } from "@neverstale/protocol";
import { ackEffect, acked } from "./acks.ts";
import { BACKOFF } from "./backoff.ts";
import {
  become,
  type ConnectedPhase,
  type Link,
  type Resync,
  type ResyncHistory,
  type SyncState,
  type Transition,
} from "./state.ts";

/** Asks for a full state, where that is not under way already (rule R2). */
export function resync(state: SyncState, phase: NotResyncing, reason: ResyncReason, now: Millis): Transition {
  return ask(state, phase.link, { reason, failures: 0 }, now, now);
}

/** The `get_state` that is out brought nothing, so the next one waits for the backoff. */
export function resyncFailed(
  state: SyncState,
  phase: ConnectedPhase,
  notBefore: Millis,
  now: Millis,
  chance: number,
): Transition {
  if (phase.type !== "resyncing") return become(state);
  const failures = phase.resync.failures + 1;
  const at = Math.max(now + backoffMs(BACKOFF, failures, chance), notBefore);
  return ask(state, phase.link, { reason: phase.resync.reason, failures }, at, now);
}

export function resyncAt({ getState }: Resync): Millis {
  return getState.type === "out" ? getState.deadline : getState.at;
}

/** Goes on with a resync when its time has come. */
export function continueResync(state: SyncState, phase: ConnectedPhase, now: Millis, chance: number): Transition {
  if (phase.type !== "resyncing" || now < resyncAt(phase.resync)) return become(state);
  if (phase.resync.getState.type === "out") return resyncFailed(state, phase, now, now, chance);
  return ask(state, phase.link, phase.resync, now, now);
}

/** Sends the `get_state` if `at` has come and rule R6 allows it. Otherwise it is due later. */
function ask(state: SyncState, link: Link, resync: Omit<Resync, "getState">, at: Millis, now: Millis): Transition {
  const { reason } = resync;
  const history = historyOf(state, reason);
  const due = Math.max(at, allowedAt(history, now));
  const next: SyncState = { ...state, suspect: state.suspect || reason === "digest" };
  if (due > now) {
    const limited = { ...history, limited: history.limited || due > at };
    const phase = { type: "resyncing", link, resync: { ...resync, getState: { type: "due", at: due } } } as const;
    return become({ ...next, histories: { ...state.histories, [reason]: limited }, phase });
  }
  return send(next, link, resync, now);
}

function send(state: SyncState, link: Link, resync: Omit<Resync, "getState">, now: Millis): Transition {
  const { reason } = resync;
  const getState = { type: "out", deadline: now + GET_STATE_TIMEOUT_MS } as const;
  const counters = {
    ...state.counters,
    resyncs: { ...state.counters.resyncs, [reason]: state.counters.resyncs[reason] + 1 },
  };
  const histories = { ...state.histories, [reason]: withAttempt(historyOf(state, reason), now) };
  const phase = { type: "resyncing", link: acked(link), resync: { ...resync, getState } } as const;
  const get = { type: "send", message: { type: "get_state", reason } } as const;
  return become({ ...state, counters, histories, phase }, ackEffect(link), get); // Rule R2: the ack goes first.
}

/** A part of something is here, so a `get_state` that is out may take as long again from here. */
export function withLaterTimeout(phase: ConnectedPhase, now: Millis): ConnectedPhase {
  if (phase.type !== "resyncing" || phase.resync.getState.type !== "out") return phase;
  const deadline = Math.max(phase.resync.getState.deadline, now + GET_STATE_TIMEOUT_MS);
  return { ...phase, resync: { ...phase.resync, getState: { type: "out", deadline } } };
}

/** Returns true when a `get_state` for this reason may go out now (rule R6). */
export function mayAsk(state: SyncState, reason: ResyncReason, now: Millis): boolean {
  return allowedAt(historyOf(state, reason), now) <= now;
}

/** Returns the time at which the next attempt may be made. A limit ends after two minutes without an attempt. */
function allowedAt({ sentAt, limited }: ResyncHistory, now: Millis): Millis {
  const last = sentAt.at(-1);
  if (last === undefined) return now;
  if (limited && now - last < 2 * MINUTE_MS) return last + MINUTE_MS;
  const recent = sentAt.filter((at) => now - at < MINUTE_MS);
  return recent.length >= RESYNCS_A_MINUTE ? last + MINUTE_MS : now;
}

function historyOf({ histories }: SyncState, reason: ResyncReason): ResyncHistory {
  return histories[reason] ?? { sentAt: [], limited: false };
}

function withAttempt({ sentAt, limited }: ResyncHistory, now: Millis): ResyncHistory {
  const times = [...sentAt, now].slice(-RESYNCS_A_MINUTE);
  const crowded = times.length === RESYNCS_A_MINUTE && now - (times[0] as Millis) < MINUTE_MS;
  const recent = now - (sentAt.at(-1) ?? Number.NEGATIVE_INFINITY) < 2 * MINUTE_MS;
  return { sentAt: times, limited: crowded || (limited && recent) };
}

type NotResyncing = Exclude<ConnectedPhase, { readonly type: "resyncing" }>;

/** A `get_state` counts as lost after this long without an answer. */
const GET_STATE_TIMEOUT_MS = 10_000;
/** Within a minute there may be so many for one reason, and after that one a minute (rule R6). */
const RESYNCS_A_MINUTE = 5;
const MINUTE_MS = 60_000;
