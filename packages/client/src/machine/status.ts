/** The status says how fresh what is shown is (rule R7). */

import type { Millis } from "@neverstale/base";
import type { PartProgress } from "@neverstale/protocol";
import { isConnected, type SyncState } from "./state.ts";

/** Times are in the terms of whoever hands it out: the machine's, or wall times. */
export type SyncStatus =
  /** No socket is open. The next one is tried at `retryAt`; null means that one is being tried. */
  | { readonly type: "connecting"; readonly attempt: number; readonly retryAt: number | null }
  | { readonly type: "catching_up" }
  /** It is level with the authority, and was confirmed within one and a half beacon intervals. */
  | { readonly type: "live" }
  /** It was last confirmed at `since`; null means never. */
  | { readonly type: "stale"; readonly since: number | null; readonly why: StaleReason }
  | { readonly type: "offline" }
  | { readonly type: "signed_out" };

export type StaleReason =
  /** No word has come from the authority for one and a half beacon intervals. */
  | "unconfirmed"
  /** Five resyncs for one reason within a minute did not help (rule R6). */
  | "resyncing_in_vain"
  | "forbidden"
  | "unknown_space"
  | "client_too_old"
  | "stopped";

export function statusOf(state: SyncState, now: Millis): SyncStatus {
  const { phase } = state;
  switch (phase.type) {
    case "idle":
      return phase.why === "stopped" ? stale(state, "stopped") : connecting(state, null);
    case "waiting":
      return connecting(state, phase.retryAt);
    case "connecting":
      return connecting(state, null);
    case "greeting":
      return { type: "catching_up" };
    case "resyncing":
      return state.histories[phase.resync.reason]?.limited === true
        ? stale(state, "resyncing_in_vain")
        : { type: "catching_up" };
    case "following":
      if (!isLevel(state)) return { type: "catching_up" };
      return now < confirmedUntil(state) ? { type: "live" } : stale(state, "unconfirmed");
    case "ended":
      return phase.why === "signed_out" ? { type: "signed_out" } : stale(state, phase.why);
  }
}

/** Returns true when the replica holds all that the authority is known to have (rule E4). */
function isLevel({ phase, position }: SyncState): boolean {
  if (phase.type !== "following" || phase.link.loading !== null) return false;
  return phase.link.verified && (position?.version ?? -1) >= phase.link.head;
}

/** Returns the time until which the last confirmation counts. */
export function confirmedUntil({ confirmedAt, authority }: SyncState): Millis {
  return confirmedAt === null ? Number.NEGATIVE_INFINITY : confirmedAt + 1.5 * authority.beaconMs;
}

/** Returns true when the authority speaks of a newer model than this build was made for: offer a reload (rule R7). */
export function isOutdated({ builtFor, authority, phase }: SyncState): boolean {
  return (
    (builtFor !== null && authority.model > builtFor) || (phase.type === "ended" && phase.why === "client_too_old")
  );
}

/** Returns how much has come of a message in parts. Null: none is under way. */
export function loadingOf({ phase }: SyncState): PartProgress | null {
  return isConnected(phase) ? phase.link.loading : null;
}

/** Returns true while an answer to a `check` is being waited for. */
export function isChecking({ phase }: SyncState): boolean {
  return isConnected(phase) && phase.link.checks.length > 0;
}

function connecting({ online, attempt }: SyncState, retryAt: Millis | null): SyncStatus {
  return online ? { type: "connecting", attempt, retryAt } : { type: "offline" };
}

function stale({ confirmedAt }: SyncState, why: StaleReason): SyncStatus {
  return { type: "stale", since: confirmedAt, why };
}
