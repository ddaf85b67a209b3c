/** After a cut or a sleep, the page says what happened while it could not follow. */

import type { SyncView } from "@neverstale/client";
import type { Event } from "@neverstale/fleet-domain";
import { howMany, span } from "./format.ts";

interface Missed {
  /** The page could not follow for so many milliseconds. */
  readonly awayMs: number;
  readonly sentence: string;
}

/** `nextAway` must be given every view, in order, with the events of that moment. */
export interface Away {
  /** These events were there when the page was live the last time. Null means that it was not live yet. */
  readonly seen: ReadonlySet<string> | null;
  readonly liveAt: number;
  /** The connection was lost since then. */
  readonly cut: boolean;
  /** The last absence brought this. It stays until somebody has read it. */
  readonly missed: Missed | null;
}

export const NOT_AWAY: Away = { seen: null, liveAt: 0, cut: false, missed: null };

/** Nobody notices a cut that is shorter. */
const SHORTEST_MS = 5_000;
/** A live page hears of the server more often, so it must have slept. */
const SLEPT_MS = 90_000;

const CUT: ReadonlySet<string> = new Set(["connecting", "offline", "stale"]);

export function nextAway(before: Away, view: SyncView, events: readonly Event[], now: number): Away {
  const { type } = view.status;
  if (type === "signed_out") return NOT_AWAY;
  if (type !== "live") return CUT.has(type) && !before.cut ? { ...before, cut: true } : before;
  const awayMs = now - before.liveAt;
  const wasAway = before.seen !== null && awayMs >= (before.cut ? SHORTEST_MS : SLEPT_MS);
  const missed = wasAway ? missedIn(events, before.seen ?? new Set(), awayMs) : null;
  const seen = new Set(events.map((event) => event.id));
  return { seen, liveAt: now, cut: false, missed: missed ?? before.missed };
}

function missedIn(events: readonly Event[], seen: ReadonlySet<string>, awayMs: number): Missed | null {
  const fresh = events.filter((event) => !seen.has(event.id));
  const offline = new Set(fresh.filter((event) => event.action === "host_offline").map((event) => event.host));
  const failed = fresh.filter((event) => event.action === "command_ended" && event.level === "error");
  const alarms = fresh.filter((event) => event.category === "error" && event.action !== "command_ended");
  const parts = [
    ...(offline.size > 0 ? [`${howMany(offline.size, "host")} went offline`] : []),
    ...(failed.length > 0 ? [`${howMany(failed.length, "command")} did not succeed`] : []),
    ...(alarms.length > 0 ? [`${howMany(alarms.length, "alarm")} ${alarms.length === 1 ? "was" : "were"} raised`] : []),
  ];
  if (parts.length === 0) return null;
  return { awayMs, sentence: `In the ${span(awayMs)} that this page could not follow, ${parts.join(", ")}.` };
}
