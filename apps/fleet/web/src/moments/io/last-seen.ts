/** This browser remembers which version a visitor saw last, so that the next visit can tell what changed since. */

import { serverPath } from "../../state/io/base-path.ts";
import { keepText, keptText } from "../../state/io/browser-memory.ts";
import type { FleetReplica } from "../../state/replica-hooks.ts";
import type { LastSeen } from "../away.ts";

/** Another fleet of this origin, below another path, has versions of its own. */
const KEY = `neverstale.last-seen${serverPath("")}`;

type KeptSeen = LastSeen & { readonly user: string };

/** It returns null where another visitor was here last, or nothing is kept that can be read. */
export function lastSeenBy(visitor: string): LastSeen | null {
  try {
    const { user, epoch, version, at } = JSON.parse(keptText(KEY) ?? "{}") as Partial<KeptSeen>;
    const isWhole = typeof epoch === "string" && Number.isSafeInteger(version) && Number.isFinite(at);
    return user === visitor && isWhole ? { epoch, version: Number(version), at: Number(at) } : null;
  } catch {
    return null;
  }
}

/** Whoever signs out leaves no name behind. */
export function forgetLastSeen(): void {
  keepText(KEY, null);
}

/** It is noted whenever the page is hidden, and when it is left. This returns how to stop. */
export function keepLastSeen(user: string, live: FleetReplica): () => void {
  const note = () => {
    const { epoch, version, status } = live.view;
    if (document.visibilityState !== "hidden" || epoch === null || status.type !== "live" || user === "") return;
    const seen: KeptSeen = { user, epoch, version, at: live.serverNow() };
    keepText(KEY, JSON.stringify(seen));
  };
  document.addEventListener("visibilitychange", note);
  return () => document.removeEventListener("visibilitychange", note);
}
