/** After a cut or a sleep, the page says what happened while it could not follow. */

import type { SyncView } from "@neverstale/client";
import type { Event } from "@neverstale/fleet-domain";
import { hostsLost } from "../events/event-hosts.ts";
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
  /** The events since this absence have been looked through. */
  readonly absence: SyncView["lastAbsence"];
  /** The last absence brought this. It stays until somebody has read it. */
  readonly missed: Missed | null;
}

export const NOT_AWAY: Away = { seen: null, absence: null, missed: null };

/** The replica says when it was away. */
export function nextAway(before: Away, view: SyncView, events: readonly Event[]): Away {
  const { type } = view.status;
  if (type === "signed_out") return NOT_AWAY;
  if (type !== "live") return before;
  const absence = view.lastAbsence;
  const isBack = before.seen !== null && absence !== null && absence !== before.absence;
  const missed = isBack ? missedIn(events, before.seen ?? new Set(), absence.durationMs) : null;
  const seen = new Set(events.map((event) => event.id));
  return { seen, absence, missed: missed ?? before.missed };
}

function missedIn(events: readonly Event[], seen: ReadonlySet<string>, awayMs: number): Missed | null {
  const fresh = events.filter((event) => !seen.has(event.id));
  const offline = new Set(fresh.flatMap(hostsLost));
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
