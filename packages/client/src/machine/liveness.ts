/** A silent connection is asked for a word, and one that does not answer is dropped (rule R5). */

import type { Millis } from "@neverstale/base";
import { sendCheck } from "./checks.ts";
import { dropConnection } from "./connection.ts";
import { become, type ConnectedPhase, count, type Link, type SyncState, type Transition } from "./state.ts";

export function keepAlive(state: SyncState, phase: ConnectedPhase, now: Millis, chance: number): Transition {
  if (now < livenessAt(phase.link, state.authority.beaconMs)) return become(state);
  const overdue = phase.link.checks.filter((check) => now >= check.deadline);
  if (overdue.length === 0) return sendCheck(state, now);
  const atOnce = overdue.some((check) => check.urgent);
  return dropConnection(count(state, "silentSockets"), atOnce, now, chance);
}

/** Returns the time at which an answer is overdue, or at which the connection has been silent for two beacon intervals. */
export function livenessAt({ checks, heardAt }: Link, beaconMs: Millis): Millis {
  if (checks.length === 0) return heardAt + 2 * beaconMs;
  return checks.reduce((soonest, check) => Math.min(soonest, check.deadline), Number.POSITIVE_INFINITY);
}
