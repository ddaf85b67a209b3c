/** Past events are read a page at a time, the newest first. */

import { type Event, EventLogAnswer } from "@neverstale/fleet-domain";
import type { CommandLineSession } from "../../session/io/session.ts";
import { type EventFilter, isEventAskedFor } from "../event-lines.ts";

const PAGE = 500;

export async function* pastEvents(
  session: CommandLineSession,
  { category }: EventFilter,
): AsyncGenerator<readonly Event[]> {
  const query = new URLSearchParams({ limit: String(PAGE) });
  if (category?.length === 1 && category[0] === "audit") query.set("category", "audit");
  for (;;) {
    const { events, next } = EventLogAnswer.parse(await session.getJson(`/api/event-log?${query}`));
    yield events;
    if (next === null) return;
    query.set("before", next);
  }
}

/** Returns the newest that are asked for, the oldest of them first. */
export async function newestEvents(session: CommandLineSession, filter: EventFilter, limit: number): Promise<Event[]> {
  const found: Event[] = [];
  if (limit === 0) return found;
  for await (const page of pastEvents(session, filter)) {
    found.push(...page.filter((event) => isEventAskedFor(event, filter)));
    if (found.length >= limit) break;
  }
  return found.slice(0, limit).reverse();
}
