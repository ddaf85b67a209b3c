import type { Millis } from "@neverstale/base";
import type { PartProgress } from "@neverstale/protocol";
import { isConnected, type SyncState } from "./state.ts";

export type StaleReason =
  /** No word from the authority for one and a half beacon intervals. */
  | "unconfirmed"
  /** Five resyncs for one reason within a minute did not help (rule R6). */
  | "resyncing_in_vain"
  | "forbidden"
  | "unknown_space"
  | "client_too_old"
  | "stopped";

/** How fresh what is shown is (rule R7). Times are in the terms of whoever hands it out. */
export type SyncStatus =
  /** No socket is open; `retryAt` is when the next one is tried, null while one is. */
  | { readonly type: "connecting"; readonly attempt: number; readonly retryAt: number | null }
  | { readonly type: "catching_up" }
  /** Level with the authority, and confirmed within one and a half beacon intervals. */
  | { readonly type: "live" }
  /** `since`: when it was last confirmed; null when it never was. */
  | { readonly type: "stale"; readonly since: number | null; readonly why: StaleReason }
  | { readonly type: "offline" }
  | { readonly type: "signed_out" };

/** Whether the replica holds all that the authority is known to have (rule E4). */
function isLevel({ phase, position }: SyncState): boolean {
  if (phase.type !== "following" || phase.link.loading !== null) return false;
  return phase.link.verified && (position?.version ?? -1) >= phase.link.head;
}

/** Until when the last confirmation counts. */
export function confirmedUntil({ confirmedAt, authority }: SyncState): Millis {
  return confirmedAt === null ? Number.NEGATIVE_INFINITY : confirmedAt + 1.5 * authority.beaconMs;
}

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
      return state.histories[phase.resync.reason].limited ? stale(state, "resyncing_in_vain") : { type: "catching_up" };
    case "following":
      if (!isLevel(state)) return { type: "catching_up" };
      return now < confirmedUntil(state) ? { type: "live" } : stale(state, "unconfirmed");
    case "ended":
      return phase.why === "signed_out" ? { type: "signed_out" } : stale(state, phase.why);
  }
}

/** Whether the authority speaks of a newer model than this build was made for: offer a reload (rule R7). */
export function isOutdated({ builtFor, authority, phase }: SyncState): boolean {
  return (
    (builtFor !== null && authority.model > builtFor) || (phase.type === "ended" && phase.why === "client_too_old")
  );
}

/** How much has come of a message in parts; null: none is under way. */
export function loadingOf({ phase }: SyncState): PartProgress | null {
  return isConnected(phase) ? phase.link.loading : null;
}

/** Whether an answer to a `check` is being waited for. */
export function isChecking({ phase }: SyncState): boolean {
  return isConnected(phase) && phase.link.checks.length > 0;
}

function connecting({ online, attempt }: SyncState, retryAt: Millis | null): SyncStatus {
  return online ? { type: "connecting", attempt, retryAt } : { type: "offline" };
}

function stale({ confirmedAt }: SyncState, why: StaleReason): SyncStatus {
  return { type: "stale", since: confirmedAt, why };
}
