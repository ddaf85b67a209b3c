/** The collector gathers what hosts tell into points, level by level, and hands out the lines of those that are complete. */

import type { HostReading } from "@neverstale/fleet-domain";
import type { PointRow } from "@neverstale/server/store";
import { beginOf, type Level, rowLength } from "./levels.ts";
import { lineOfPoint, type MetricPoint, mergedPoints, pointOf, roundedPoint } from "./metric-point.ts";

/** It has one point of each level for each host. Points of one while that are completed several times are parts of it. */
export class Collector {
  readonly #levels: readonly Level[];
  readonly #open = new Map<string, (OpenPoint | undefined)[]>();
  #lines: PointRow[] = [];

  constructor(levels: readonly Level[]) {
    this.#levels = levels;
  }

  /** So many hosts have a point that is not complete. */
  get hosts(): number {
    return this.#open.size;
  }

  take(host: string, at: number, reading: HostReading): void {
    this.put(0, host, at, pointOf(reading));
  }

  /** A point of another while completes the one before, whichever is later: a clock may be set back. */
  put(level: number, host: string, at: number, point: MetricPoint): void {
    const step = this.#levels[level]?.step;
    if (step === undefined) return;
    const open = this.#open.get(host) ?? [];
    this.#open.set(host, open);
    const begin = beginOf(at, step);
    const before = open[level];
    if (before !== undefined && before.begin !== begin) this.#complete(level, host, open);
    const now = open[level];
    open[level] = { begin, point: now === undefined ? point : mergedPoints(now.point, point) };
  }

  #complete(index: number, host: string, open: (OpenPoint | undefined)[]): void {
    const [level, done] = [this.#levels[index], open[index]];
    if (level === undefined || done === undefined) return;
    open[index] = undefined;
    const point = roundedPoint(done.point);
    const at = beginOf(done.begin, rowLength(level));
    const text = lineOfPoint((done.begin - at) / level.step, point);
    this.#lines.push({ step: level.step, at, series: host, text });
    this.put(index + 1, host, done.begin, point);
  }

  /**
   * Completes what has ended by `now`, and what has not begun by then: the clock was set back since. It hands over after so many hosts
   * each time, so that others get a turn.
   */
  completeUntil(now: number): Iterable<void> {
    return this.#completeWhere((begin, { step }) => begin + step <= now || begin > now);
  }

  /** Completes the finest points as they are. Of the others the next process finds the parts in the store. */
  completeFinest(): Iterable<void> {
    return this.#completeWhere((_, level) => level === this.#levels[0]);
  }

  *#completeWhere(isDone: (begin: number, level: Level) => boolean): Iterable<void> {
    let hosts = 0;
    for (const [host, open] of this.#open) {
      hosts += 1;
      if (hosts % HOSTS_PER_TURN === 0) yield;
      for (const [index, level] of this.#levels.entries()) {
        const begin = open[index]?.begin;
        if (begin !== undefined && isDone(begin, level)) this.#complete(index, host, open);
      }
      if (open.every((point) => point === undefined)) this.#open.delete(host);
    }
  }

  /** It returns the lines since the last call. */
  lines(): readonly PointRow[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  forget(host: string): void {
    this.#open.delete(host);
    this.#lines = this.#lines.filter(({ series }) => series !== host);
  }
}

const HOSTS_PER_TURN = 250;

interface OpenPoint {
  readonly begin: number;
  readonly point: MetricPoint;
}
