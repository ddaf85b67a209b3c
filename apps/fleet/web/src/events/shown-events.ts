/** This selector says which events the screen shows, and in which order. */

import type { Event, Fleet } from "@neverstale/fleet-domain";
import { labelIn, seenEvents } from "@neverstale/fleet-domain/schema-free";
import { containsWords } from "../state/record-lists.ts";
import { eventLook } from "./event-look.ts";

/** All words of the filter must occur in what an event's row shows. The selector returns ids, the newest first. */
export function selectShownEvents(filter: string): (fleet: Fleet) => readonly string[] {
  return (fleet) => {
    const nameOf = (event: Event) => (event.host === undefined ? "" : labelIn(fleet.hosts, event.host));
    const wordsOf = (event: Event) => [
      event.message,
      event.actor,
      event.category,
      eventLook(event.level).word,
      nameOf(event),
    ];
    const shown = (event: Event) => filter === "" || containsWords(wordsOf(event), filter);
    return newestEventsFirst(seenEvents(fleet))
      .filter(shown)
      .map(({ id }) => id);
  };
}

/** Events of one moment are in the order of their ids, so that the order is always the same. */
function newestEventsFirst(events: Iterable<Event>): readonly Event[] {
  return [...events].sort((a, b) => (a.at === b.at ? (a.id < b.id ? 1 : -1) : a.at < b.at ? 1 : -1));
}
