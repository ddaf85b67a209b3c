/** Events are printed as lines, and each of them once, in the order in which they happened. */

import type { Event } from "@neverstale/fleet-domain";
import { oneLine } from "../terminal/plain-text.ts";

export interface EventFilter {
  readonly category?: readonly string[];
  readonly level?: readonly string[];
  readonly host?: readonly string[];
  readonly actor?: string;
}

export function isEventAskedFor(event: Event, { category, level, host, actor }: EventFilter): boolean {
  return (
    (category === undefined || category.includes(event.category)) &&
    (level === undefined || level.includes(event.level)) &&
    (host === undefined || (event.host !== undefined && host.includes(event.host))) &&
    (actor === undefined || event.actor === actor)
  );
}

/** No event commands the terminal (C36). */
export function eventLine({ at, category, level, actor, message }: Event): string {
  return oneLine(`${at}  ${category.padEnd(6)}  ${level.padEnd(7)}  ${actor}  ${message}`);
}

/** Events that were seen are told from new ones. A follower may meet the same event again, after a cut. */
export class SeenEvents {
  readonly #seen = new Set<string>();

  /** Returns those that are new, the oldest first. */
  take(events: Iterable<Event>): Event[] {
    const fresh = [...events].filter(({ id }) => !this.#seen.has(id));
    for (const { id } of fresh) this.#remember(id);
    return fresh.sort(olderFirst);
  }

  /** True when it holds one of them. Of events that follow each other, none is missing behind that one then. */
  hasOneOf(events: Iterable<Event>): boolean {
    for (const { id } of events) if (this.#seen.has(id)) return true;
    return false;
  }

  #remember(id: string): void {
    this.#seen.add(id);
    const [oldest] = this.#seen;
    if (this.#seen.size > REMEMBERED && oldest !== undefined) this.#seen.delete(oldest);
  }
}

/** The live state holds at most 10,000 events. */
export const REMEMBERED = 20_000;

function olderFirst(a: Event, b: Event): number {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}
