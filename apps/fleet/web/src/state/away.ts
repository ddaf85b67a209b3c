import type { SyncView } from "@neverstale/client";
import type { Event } from "@neverstale/fleet-domain";
import { count, span } from "./format.ts";

/** What happened while the page could not follow: after a cut, or a sleep. */
export interface Missed {
  /** For how long, in milliseconds. */
  readonly awayMs: number;
  readonly sentence: string;
}

/** Pure: `nextAway` is given every view there is, in order, with the events of that moment. */
export interface Away {
  /** The events that were there when it was live the last time; null before. */
  readonly seen: ReadonlySet<string> | null;
  readonly liveAt: number;
  /** The connection was lost since then. */
  readonly cut: boolean;
  /** What the last absence brought, until somebody has read it. */
  readonly missed: Missed | null;
}

export const NOT_AWAY: Away = { seen: null, liveAt: 0, cut: false, missed: null };

/** A cut this short goes unnoticed. */
const SHORTEST_MS = 5_000;
/** A live page hears of the server more often: it must have slept. */
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
    ...(offline.size > 0 ? [`${count(offline.size, "host")} went offline`] : []),
    ...(failed.length > 0 ? [`${count(failed.length, "command")} did not succeed`] : []),
    ...(alarms.length > 0 ? [`${count(alarms.length, "alarm")} ${alarms.length === 1 ? "was" : "were"} raised`] : []),
  ];
  if (parts.length === 0) return null;
  return { awayMs, sentence: `In the ${span(awayMs)} that this page could not follow, ${parts.join(", ")}.` };
}
