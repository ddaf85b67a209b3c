/** After a cut, a sleep or a visit that is over, the page says what happened since the version that it showed last. */

import type { SyncView } from "@neverstale/client";
import type { Event } from "@neverstale/fleet-domain";
import { hostsLost } from "../events/event-hosts.ts";
import { howMany, span } from "../state/format.ts";
import { formatVersion } from "./version-name.ts";

interface Missed {
  /** The page could not follow for so many milliseconds. */
  readonly awayMs: number;
  readonly sentence: string;
  /** The page showed this version before, as it stands in the address. */
  readonly since: string;
}

/** An earlier visit of the same user ended at this version, at this time of the server's clock. */
export interface LastSeen {
  readonly epoch: string;
  readonly version: number;
  readonly at: number;
}

/** `nextAway` must be given every view, in order, with the events of that moment. */
export interface Away {
  /** These events were there when the page was live the last time. Null means that it was not live yet. */
  readonly seen: readonly Event[] | null;
  /** The page was live at this version the last time. */
  readonly position: { readonly epoch: string | null; readonly version: number } | null;
  /** The events since this absence have been looked through. */
  readonly absence: SyncView["lastAbsence"];
  /** The last absence brought this. It stays until somebody has read it. */
  readonly missed: Missed | null;
}

export const NOT_AWAY: Away = { seen: null, position: null, absence: null, missed: null };

/** A shorter time between two visits goes unnoticed. */
const SHORTEST_MS = 60_000;

/** The replica says when it was away. `now` is a time of the server's clock. */
export function nextAway(
  before: Away,
  view: SyncView,
  events: readonly Event[],
  now: number,
  visit: LastSeen | null,
): Away {
  const { type } = view.status;
  if (type === "signed_out") return NOT_AWAY;
  if (type !== "live") return before;
  const absence = view.lastAbsence;
  const missed =
    before.seen === null ? missedSince(visit, events, now) : missedIn(before, before.seen, absence, events);
  const position = { epoch: view.epoch, version: view.version };
  return { seen: events, position, absence, missed: missed ?? before.missed };
}

function missedSince(visit: LastSeen | null, events: readonly Event[], now: number): Missed | null {
  if (visit === null || now - visit.at < SHORTEST_MS) return null;
  const fresh = events.filter((event) => Date.parse(event.at) > visit.at);
  const awayMs = now - visit.at;
  return missedWith(fresh, awayMs, `In the ${span(awayMs)} since you were here`, formatVersion(visit));
}

function missedIn(
  { position, absence: lastKnown }: Away,
  seen: readonly Event[],
  absence: SyncView["lastAbsence"],
  events: readonly Event[],
): Missed | null {
  if (absence === null || absence === lastKnown || position === null) return null;
  const before = new Set(seen.map(({ id }) => id));
  const fresh = events.filter(({ id }) => !before.has(id));
  const awayMs = absence.durationMs;
  return missedWith(fresh, awayMs, `In the ${span(awayMs)} that this page could not follow`, formatVersion(position));
}

function missedWith(fresh: readonly Event[], awayMs: number, when: string, since: string): Missed | null {
  const offline = new Set(fresh.flatMap(hostsLost));
  const failed = fresh.filter((event) => event.action === "command_ended" && event.level === "error");
  const alarms = fresh.filter((event) => event.category === "error" && event.action !== "command_ended");
  const parts = [
    ...(offline.size > 0 ? [`${howMany(offline.size, "host")} went offline`] : []),
    ...(failed.length > 0 ? [`${howMany(failed.length, "command")} did not succeed`] : []),
    ...(alarms.length > 0 ? [`${howMany(alarms.length, "alarm")} ${alarms.length === 1 ? "was" : "were"} raised`] : []),
  ];
  if (parts.length === 0) return null;
  return { awayMs, sentence: `${when}, ${parts.join(", ")}.`, since };
}
