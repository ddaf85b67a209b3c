/** Points are numbers of the past, which are looked back on: they stand beside the state, have no version, and nobody follows them. */

/**
 * A row holds what was told of one series for a while, as a text whose meaning is the caller's. Its place is `step`, `at` and
 * `series`. Rows of one step begin at few times, at each of which there are many series. So a write appends to the newest rows,
 * what is too old goes from the front, and one series is read by one lookup for each time.
 */
export interface PointStore {
  /**
   * Appends each text to the row of its place, and makes that row where there is none. It returns how many texts were left out, since
   * their rows hold `MOST_POINT_CHARS` already. The rows are written a slice at a time: a commit never waits for longer than one. A
   * crash may take the newest away. It rejects with a `StoreFailure`: `fenced` means that the term is over, as with a fold. After
   * `nothing_moved` a part may be stored, and the same call may be made again where its meaning allows it.
   */
  appendPoints(rows: readonly PointRow[]): Promise<number>;
  /** Returns the rows of one series, oldest first. */
  readPoints(query: PointQuery): Promise<readonly PointRow[]>;
  /** Returns the rows that begin at one time, in the order of their series. */
  listPoints(query: PointListQuery): Promise<readonly PointRow[]>;
  /** Returns the times up to `upTo` at which rows of the step begin, the newest first, and at most `limit` of them. */
  pointTimes(query: PointTimesQuery): Promise<readonly number[]>;
  /** Takes away all rows that are meant, a slice at a time, and returns how many went. It rejects as `appendPoints` does. */
  dropPoints(gone: PointsGone): Promise<number>;
}

export interface PointRow {
  /** It says how far apart the points in the row are, in milliseconds. Rows of different steps have nothing to do with each other. */
  readonly step: number;
  /** The row begins then, in milliseconds since 1970. */
  readonly at: number;
  readonly series: string;
  /** It has at most `MOST_POINT_CHARS`, and is never empty. */
  readonly text: string;
}

export interface PointQuery {
  readonly step: number;
  readonly series: string;
  /** Rows are meant that begin from then on. */
  readonly from: number;
  /** Rows are meant that begin before. */
  readonly to: number;
}

export interface PointListQuery {
  readonly step: number;
  readonly at: number;
  /** Only series behind this one are meant. An empty text stands before all. */
  readonly after: string;
  readonly limit: number;
}

export interface PointTimesQuery {
  readonly step: number;
  readonly upTo: number;
  readonly limit: number;
}

/** It names the rows of a step that begin from a time on and before another, or those of one series. */
export type PointsGone =
  | { readonly step: number; readonly from: number; readonly before: number }
  | { readonly step: number; readonly series: string };

/** A row that holds so much takes nothing more. A clock that is set back again and again would let it grow without an end. */
export const MOST_POINT_CHARS = 16_384;

/** It returns the same rows with each place named once: what is to be appended to it stands in one text, in order. */
export function joinedPoints(rows: readonly PointRow[]): readonly PointRow[] {
  const places = new Map<string, PointRow>();
  for (const row of rows) {
    const place = placeOf(row);
    const before = places.get(place);
    places.set(place, before === undefined ? row : { ...row, text: before.text + row.text });
  }
  return [...places.values()];
}

function placeOf({ step, at, series }: PointRow): string {
  return `${step} ${at} ${series}`;
}
