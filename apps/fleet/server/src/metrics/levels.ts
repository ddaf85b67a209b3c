/** The levels say how far apart the points of metrics are that are kept, and for how long each is. */

/** A level is made of the one before it, which is finer. */
export interface Level {
  /** Its points are so many milliseconds apart. */
  readonly step: number;
  /** So many points stand in one row of the store. A row is one lookup when a host is read, and a short text that each point rewrites. */
  readonly pointsPerRow: number;
  readonly keepMs: number;
}

/** It says for how long the points of each level are kept, in milliseconds, from the finest on. */
export type MetricsKept = readonly [tenSeconds: number, minutes: number, tenMinutes: number];

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
export const DEFAULT_METRICS_KEPT: MetricsKept = [HOUR_MS, DAY_MS, 30 * DAY_MS];

/** The rows of a level are all within one point of the next one, so that this point can be made of whole rows. */
export function levelsOf(kept: MetricsKept): readonly Level[] {
  return [
    { step: 10_000, pointsPerRow: 6, keepMs: kept[0] },
    { step: 60_000, pointsPerRow: 5, keepMs: kept[1] },
    { step: 600_000, pointsPerRow: 6, keepMs: kept[2] },
  ];
}

/** It returns the time at which the while of this length begins in which `at` is. */
export function beginOf(at: number, length: number): number {
  return Math.floor(at / length) * length;
}

export function rowLength({ step, pointsPerRow }: Level): number {
  return step * pointsPerRow;
}

/**
 * So many of the times at which rows begin are kept. They are counted, not measured by a clock: a clock that jumps ahead makes nothing
 * old at once, and while a server is down nothing goes.
 */
export function timesKept(level: Level): number {
  return Math.ceil(level.keepMs / rowLength(level)) + 1;
}
