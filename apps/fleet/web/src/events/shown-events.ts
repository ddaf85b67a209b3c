/** This selector says which events of the live state the screen shows, and in which order. */

import type { Event, Fleet } from "@neverstale/fleet-domain";
import { type EventWish, eventTest, seenEvents } from "@neverstale/fleet-domain/schema-free";

/** The selector returns ids, the newest first. The log of the server is filtered by the same test. */
export function selectShownEvents(filter: EventWish): (fleet: Fleet) => readonly string[] {
  return (fleet) => newestEventsFirst(seenEvents(fleet).filter(eventTest(filter, fleet.hosts))).map(({ id }) => id);
}

/** Events of one moment are in the order of their ids, so that the order is always the same. */
function newestEventsFirst(events: readonly Event[]): readonly Event[] {
  return [...events].sort((a, b) => (a.at === b.at ? (a.id < b.id ? 1 : -1) : a.at < b.at ? 1 : -1));
}
