/** Those who wait for a position are told when the replica shows it, or that its history is lost (rule D2). */

import type { Millis } from "@neverstale/base";
import type { Lineage, Position } from "@neverstale/protocol";
import { isCheckOut, sendCheck } from "./checks.ts";
import {
  andThen,
  become,
  isConnected,
  type Phase,
  type SyncState,
  type Transition,
  type Waiter,
  type WaiterOutcome,
} from "./state.ts";

/** A new waiter is judged at once. Where nothing will ever come any more, it is not kept waiting. */
export function addWaiter(state: SyncState, waiter: Omit<Waiter, "check" | "isAnswered">, now: Millis): Transition {
  const added = { ...state, waiters: [...state.waiters, { ...waiter, check: null, isAnswered: false }] };
  const judged = judgeWaiters(added, null, now);
  return isOver(state.phase) ? andThen(judged, closeWaiters) : judged;
}

export function dropWaiter(state: SyncState, id: number): Transition {
  return become({ ...state, waiters: state.waiters.filter((waiter) => waiter.id !== id) });
}

/** The replica has ended, so nobody will be told any more. */
export function closeWaiters(state: SyncState): Transition {
  const effects = state.waiters.map(({ id }) => ({ type: "settle", waiter: id, outcome: "closed" }) as const);
  return become({ ...state, waiters: [] }, ...effects);
}

/** On each connection a `check` is sent anew. */
export function forgetChecks(state: SyncState): SyncState {
  if (state.waiters.length === 0) return state;
  return { ...state, waiters: state.waiters.map((waiter) => ({ ...waiter, check: null, isAnswered: false })) };
}

/** It is called at every change of position. `answered` is the highest `check` that this message answers. */
export function judgeWaiters(before: SyncState, answered: number | null, now: Millis): Transition {
  const state = answered === null ? before : withAnswer(before, answered);
  const settled = new Map<number, WaiterOutcome>();
  let asks = false;
  for (const waiter of state.waiters) {
    const outcome = outcomeOf(state, waiter);
    if (outcome === "unknown") asks ||= waiter.check === null;
    else if (outcome !== "waits") settled.set(waiter.id, outcome);
  }
  return asks ? andThen(settle(state, settled), (next) => checkForAll(next, now)) : settle(state, settled);
}

function withAnswer(state: SyncState, answered: number): SyncState {
  const waiters = state.waiters.map((waiter) => {
    return waiter.check !== null && answered >= waiter.check ? { ...waiter, isAnswered: true } : waiter;
  });
  return { ...state, waiters };
}

/** `unknown` means that the answer to a `check` must say whether the position is in this history, or bring the replica there. */
function outcomeOf(state: SyncState, waiter: Waiter): WaiterOutcome | "waits" | "unknown" {
  if (isInHistory(state, waiter)) {
    if ((state.position?.version ?? -1) >= waiter.version) return "reached";
    // In a view the authority says nothing of what does not show there, until it is asked (rule V12).
    return state.position?.proof === undefined || waiter.isAnswered ? "waits" : "unknown";
  }
  if (!waiter.isAnswered) return "unknown";
  // A step that came with the answer was passed over, as a full state is on its way that tells of the same history.
  return state.phase.type === "resyncing" ? "waits" : "history_lost";
}

function isInHistory({ position, authority }: SyncState, waiter: Waiter): boolean {
  if (position === null) return false;
  return position.epoch === waiter.epoch || isInLineage(authority.lineage, waiter);
}

/** The lineage gives the epoch's run a last version of at least that. */
export function isInLineage(lineage: Lineage, at: Pick<Position, "epoch" | "version">): boolean {
  return lineage.some(([epoch, last]) => epoch === at.epoch && last >= at.version);
}

function settle(state: SyncState, settled: ReadonlyMap<number, WaiterOutcome>): Transition {
  if (settled.size === 0) return become(state);
  const waiters = state.waiters.filter(({ id }) => !settled.has(id));
  const effects = [...settled].map(([waiter, outcome]) => ({ type: "settle", waiter, outcome }) as const);
  return become({ ...state, waiters }, ...effects);
}

/**
 * There is one `check` at a time for all who need one: a thousand callers are no flood. A waiter that comes while one is out
 * waits for the next, because an answer says nothing about what was asked after it.
 */
function checkForAll(state: SyncState, now: Millis): Transition {
  const { phase } = state;
  // Before the authority has spoken, an answer says nothing of its history.
  if (!isConnected(phase) || phase.type === "greeting" || isCheckOut(phase.link)) return become(state);
  const sent = sendCheck(state, now);
  const check = sent.state.checkCount;
  const waiters = sent.state.waiters.map((waiter) =>
    waiter.check === null && outcomeOf(state, waiter) === "unknown" ? { ...waiter, check } : waiter,
  );
  return { state: { ...sent.state, waiters }, effects: sent.effects };
}

function isOver(phase: Phase): boolean {
  return phase.type === "ended" || (phase.type === "idle" && phase.why === "stopped");
}
