/** A time on the command line is one of the calendar, or how long ago it was. */

import { parseDuration } from "@neverstale/fleet-domain/quantity";

/** It reads `2026-03-01T12:00:00Z`, or `6h` for six hours ago, into milliseconds since 1970. It returns null for any other text. */
export function timeOf(text: string, now: number): number | null {
  const ago = parseDuration(text);
  if (ago !== null) return now - ago;
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}
