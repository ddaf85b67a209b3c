/** A page that is open remembers the readings of each host for some minutes. The state itself holds only the newest. */

import type { Metrics } from "@neverstale/fleet-domain";

export class Trails {
  readonly #trails = new Map<string, readonly TrailPoint[]>();
  readonly #newest = new Map<string, Metrics>();

  /** It adds the newest readings of all hosts. Of a larger fleet only those are remembered that somebody looks at. */
  recordAll(metrics: ReadonlyMap<string, Metrics>): void {
    if (metrics.size > MAX_HOSTS) return;
    for (const each of metrics.values()) this.record(each);
    if (this.#trails.size > metrics.size) this.#forgetOthers(metrics);
  }

  /** It adds the newest readings of a host, and passes over those that it has seen before. */
  record(metrics: Metrics): void {
    const { id } = metrics;
    if (this.#newest.get(id) === metrics) return;
    const trail = extended(this.of(id), metrics);
    this.#forget(id); // It becomes the last one of those to be forgotten.
    this.#newest.set(id, metrics);
    this.#trails.set(id, trail);
    const [oldest] = this.#trails.keys();
    if (this.#trails.size > MAX_HOSTS && oldest !== undefined) this.#forget(oldest);
  }

  /** It returns the oldest first, and the same list until there is a newer one. */
  of(hostId: string): readonly TrailPoint[] {
    return this.#trails.get(hostId) ?? NOTHING;
  }

  /** It returns the same readings, to which later ones are not added. */
  copy(): Trails {
    const copied = new Trails();
    for (const [id, trail] of this.#trails) copied.#trails.set(id, trail);
    for (const [id, metrics] of this.#newest) copied.#newest.set(id, metrics);
    return copied;
  }

  clear(): void {
    this.#trails.clear();
    this.#newest.clear();
  }

  #forgetOthers(known: ReadonlyMap<string, unknown>): void {
    for (const id of [...this.#trails.keys()]) if (!known.has(id)) this.#forget(id);
  }

  #forget(id: string): void {
    this.#trails.delete(id);
    this.#newest.delete(id);
  }
}

/** This is a heartbeat as the page saw it. */
export interface TrailPoint {
  /** This is in milliseconds since 1970, by the server's clock. */
  readonly at: number;
  readonly cpu: number | undefined;
  readonly ram: number | undefined;
  readonly load1: number | undefined;
}

/** The page remembers readings for so long. */
export const TRAIL_MS = 5 * 60_000;
/** A page that was opened just now spreads what it has seen over this much. */
const FIRST_MS = 60_000;
/** Two readings further apart than this are not joined by a line: nobody knows what was in between. */
export const GAP_MS = 15_000;
/** So many hosts are remembered. */
const MAX_HOSTS = 1_000;
const MAX_READINGS = 400;

const NOTHING: readonly TrailPoint[] = [];

function extended(trail: readonly TrailPoint[], { lastSeenAt, cpu, ram, load1 }: Metrics): readonly TrailPoint[] {
  const at = Date.parse(lastSeenAt);
  const kept = trail.filter((reading) => reading.at > at - TRAIL_MS && reading.at < at);
  return [...kept.slice(1 - MAX_READINGS), { at, cpu, ram, load1 }];
}

/**
 * It returns the line through the values as the `d` of an SVG path in a box of 100 by 100. The newest value is at the right edge,
 * the value `most` is on top, and all that is remembered goes across the width. The line breaks where a value is missing or two
 * readings are too far apart.
 */
export function trailPath(
  trail: readonly TrailPoint[],
  pick: (reading: TrailPoint) => number | undefined,
  most: number,
): string {
  const newest = trail.at(-1)?.at ?? 0;
  const width = Math.max(FIRST_MS, newest - (trail[0]?.at ?? 0));
  let path = "";
  let last: TrailPoint | null = null;
  for (const reading of trail) {
    const value = pick(reading);
    if (value === undefined) {
      last = null;
      continue;
    }
    const x = 100 - ((newest - reading.at) / width) * 100;
    const y = 100 - (Math.min(value, most) / most) * 100;
    const joined = last !== null && reading.at - last.at <= GAP_MS;
    path += `${joined ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    last = reading;
  }
  return path;
}
