/** This browser remembers which version a visitor saw last, so that the next visit can tell what changed since. */

import type { FleetReplica } from "../../state/replica-hooks.ts";
import type { LastSeen } from "../away.ts";

const KEY = "neverstale.last-seen";

/** It returns null where another visitor was here last. */
export function lastSeenBy(user: string): LastSeen | null {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "null") as (LastSeen & { readonly user: string }) | null;
    return kept !== null && kept.user === user && Number.isFinite(kept.at) ? kept : null;
  } catch {
    return null;
  }
}

/** It is noted whenever the page is hidden, and when it is left. This returns how to stop. */
export function keepLastSeen(user: string, live: FleetReplica): () => void {
  const note = () => {
    const { epoch, version, status } = live.view;
    if (document.visibilityState !== "hidden" || epoch === null || status.type !== "live" || user === "") return;
    const seen: LastSeen & { readonly user: string } = { user, epoch, version, at: live.serverNow() };
    localStorage.setItem(KEY, JSON.stringify(seen));
  };
  document.addEventListener("visibilitychange", note);
  return () => document.removeEventListener("visibilitychange", note);
}
