/** A `check` asks the authority for a word, and its answer proves that the connection is alive (rule R5). */

import type { Millis } from "@neverstale/base";
import {
  become,
  type Check,
  type ConnectedPhase,
  isConnected,
  type Link,
  type SyncState,
  type Transition,
  withLink,
} from "./state.ts";

/** Sends a `check` of its own, whose number is the new `checkCount`. Nothing happens without a connection. */
export function sendCheck(state: SyncState, now: Millis, urgent = false): Transition {
  if (!isConnected(state.phase)) return become(state);
  const n = state.checkCount + 1;
  const check: Check = { n, deadline: now + answerMs(state.phase.link, urgent), urgent };
  const link = { ...state.phase.link, checks: [...state.phase.link.checks, check] };
  return become(
    { ...withLink(state, state.phase, link), checkCount: n },
    { type: "send", message: { type: "check", n } },
  );
}

/** One `check` that hurries is enough, however many signs of a wake-up come together. */
export function sendUrgentCheck(state: SyncState, phase: ConnectedPhase, now: Millis): Transition {
  return phase.link.checks.some((check) => check.urgent) ? become(state) : sendCheck(state, now, true);
}

/** Returns true when a `check` that does not hurry is out. */
export function isCheckOut({ checks }: Link): boolean {
  return checks.some(({ urgent }) => !urgent);
}

/** Something has come which proves that the line is alive and slow: each answer may take as long again from here. */
export function withLaterDeadlines(link: Link, now: Millis): Link {
  if (link.checks.length === 0) return link;
  const checks = link.checks.map((check) => {
    return { ...check, deadline: Math.max(check.deadline, now + answerMs(link, check.urgent)) };
  });
  return { ...link, checks };
}

/** The answer to `n` answers those sent before it too, because the authority reads them in order. */
export function withoutAnswered(link: Link, n: number | undefined): Link {
  if (n === undefined || link.checks.length === 0) return link;
  return { ...link, checks: link.checks.filter((check) => check.n > n) };
}

/** The authority has so long for its answer. */
export const CHECK_ANSWER_MS = 5_000;
/** After a wake-up it has only so long (rule R5). */
export const URGENT_ANSWER_MS = 1_000;

/** On a line on which a part takes long, the next one does too. */
function answerMs({ partMs }: Link, urgent: boolean): Millis {
  return urgent ? Math.max(URGENT_ANSWER_MS, Math.min(CHECK_ANSWER_MS, 2 * partMs)) : CHECK_ANSWER_MS;
}
