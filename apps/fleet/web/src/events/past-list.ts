/** The events that have left the live state come from the server's log, a page at a time. */

import type { Event } from "@neverstale/fleet-domain";

export interface PastList {
  /** The newest comes first. */
  readonly events: readonly Event[];
  /** The next page begins here. Null means that the log ends there. */
  readonly next: string | null;
  /** The first page came at this time, by the server's clock. */
  readonly at: number;
  /** There is more, and the page shows no more at once. */
  readonly isFull: boolean;
}

export interface PastPage {
  readonly events: readonly Event[];
  readonly next: string | null;
}

/** So many of them are shown at once (B170). */
export const MOST_PAST_EVENTS = 2_000;

/** An event that two pages tell of stands there once. */
export function withPage(before: PastList | null, page: PastPage, at: number): PastList {
  const known = new Set(before?.events.map(({ id }) => id));
  const all = [...(before?.events ?? []), ...page.events.filter(({ id }) => !known.has(id))];
  const isFull = all.length > MOST_PAST_EVENTS || (all.length === MOST_PAST_EVENTS && page.next !== null);
  return { events: all.slice(0, MOST_PAST_EVENTS), next: isFull ? null : page.next, at: before?.at ?? at, isFull };
}

/** The live list has the newest of them already. */
export function behindLive(past: PastList, live: ReadonlySet<string>): readonly Event[] {
  return past.events.filter(({ id }) => !live.has(id));
}
