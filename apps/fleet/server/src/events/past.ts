/** A collection is read back into the past, a page at a time: first what is live, then the history. */

import { RequestRefusal } from "../fleet/refusal.ts";
import type { FleetManager } from "../fleet/state.ts";

/**
 * It reads a page of a collection as it is now and was before. A cursor is `live <id>` behind a record of the live state, also when the
 * record has left it since, and `past <position>` in the history.
 */
export async function readPast<R extends { readonly id: string }>(
  manager: FleetManager,
  query: PastQuery<R>,
): Promise<PageOf<R>> {
  const { live, matches, limit, before } = query;
  const past = /^past (\d{1,15})$/.exec(before ?? "");
  if (past !== null) return pastPage(manager, query, Number(past[1]), []);
  const id = /^live (.+)$/.exec(before ?? "")?.[1];
  if (id === undefined && before !== undefined) throw unknownCursor();
  const at = id === undefined ? -1 : live.findIndex((record) => record.id === id);
  if (id !== undefined && at === -1) return pastPage(manager, query, await placeBehind(manager, query, id), []);
  const found = live
    .slice(at + 1)
    .filter(matches)
    .map((record) => ({ record, behind: `live ${record.id}` }));
  if (found.length <= limit) return pastPage(manager, query, NEWEST, found);
  return { found: found.slice(0, limit), next: found[limit - 1]?.behind ?? null };
}

export interface Past<R> {
  readonly record: R;
  /** A page that goes on behind this record begins here. */
  readonly behind: string;
}

export interface PageOf<R> {
  /** The newest comes first. */
  readonly found: readonly Past<R>[];
  /** The next page begins here. Null means that there is none. */
  readonly next: string | null;
}

export interface PastQuery<R> {
  readonly space: string;
  readonly collection: "alerts" | "commands" | "events" | "pipelines";
  /** These records are in the live state, newest first. */
  readonly live: readonly R[];
  /** Nothing else is shown to whoever asks, and no cursor stands behind it. */
  readonly isShown: (record: R) => boolean;
  readonly matches: (record: R) => boolean;
  readonly limit: number;
  readonly before: string | undefined;
}

/**
 * So many rows of the history are read at once, and for one page. A filter that matches little ends a page early, with a cursor.
 */
const ROWS = 500;
const MAX_ROWS = 5_000;

/** A place in the history is the position of the row that a page ends before. */
const NEWEST = Number.MAX_SAFE_INTEGER;

async function pastPage<R extends { readonly id: string }>(
  manager: FleetManager,
  query: PastQuery<R>,
  from: number,
  found: Past<R>[],
): Promise<PageOf<R>> {
  const { live, matches, limit } = query;
  const isLive = new Set(live.map((record) => record.id)); // A record that was evicted since comes once.
  let place = from;
  for (let read = 0; read < MAX_ROWS; ) {
    const { rows, isLast } = await rowsBehind(manager, query, place);
    for (const row of rows) {
      if (found.length === limit) return { found, next: cursorAt(place) };
      place = row.position;
      const record = row.record as unknown as R;
      if (!isLive.has(row.id) && matches(record)) found.push({ record, behind: cursorAt(place) });
    }
    read += rows.length;
    if (isLast) return { found, next: null };
  }
  return { found, next: cursorAt(place) };
}

function cursorAt(place: number): string {
  return `past ${place}`;
}

type ShownBy<R> = { readonly isShown: (record: R) => boolean };
type Kept = Pick<PastQuery<unknown>, "space" | "collection">;

async function rowsBehind(manager: FleetManager, { space, collection }: Kept, place: number) {
  const rows = await manager.history({ space, collection, before: place, limit: ROWS });
  return { rows: rows.reverse(), isLast: rows.length < ROWS };
}

/** It finds a record that was live when its cursor was given, and has left the state not long ago. */
async function placeBehind<R>(manager: FleetManager, query: Kept & ShownBy<R>, id: string): Promise<number> {
  let place = NEWEST;
  for (let read = 0; read < MAX_ROWS; ) {
    const { rows, isLast } = await rowsBehind(manager, query, place);
    for (const row of rows) {
      place = row.position;
      if (row.id === id && query.isShown(row.record as unknown as R)) return place;
    }
    read += rows.length;
    if (isLast) break;
  }
  throw unknownCursor();
}

export function unknownCursor(): RequestRefusal {
  return new RequestRefusal("bad_request", "before is no page's next, or too old", { hint: "Begin again without it." });
}

/** Records of one moment are sorted by id, so that the order is always the same. Most come oldest first, which is soon sorted. */
export function newestFirst<R extends { readonly id: string }>(records: R[], at: (record: R) => string): R[] {
  return records.reverse().sort((a, b) => compare(at(b), at(a)) || compare(b.id, a.id));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
