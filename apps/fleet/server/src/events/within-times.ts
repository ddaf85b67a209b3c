/** A record is looked for by the time at which it came. */

/** Times are ISO 8601 in UTC, which sort as they are. `to` itself is not meant. */
export function isWithin(at: string, { from, to }: WantedTimes): boolean {
  return (from === undefined || timeOf(at) >= timeOf(from)) && (to === undefined || timeOf(at) < timeOf(to));
}

export interface WantedTimes {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** One may be written with milliseconds, and another without. */
function timeOf(at: string): number {
  return Date.parse(at);
}
