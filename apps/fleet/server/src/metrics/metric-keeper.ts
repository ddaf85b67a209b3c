/** The metric keeper turns what hosts report into points of the store, where changes are decided, and lets old ones go. */

import type { HostReading } from "@neverstale/fleet-domain";
import type { Change } from "@neverstale/protocol";
import { MAIN_SPACE } from "@neverstale/server";
import type { PointRow } from "@neverstale/server/store";
import type { Clocks } from "../fleet/moment.ts";
import type { FleetManager } from "../fleet/state.ts";
import { Collector } from "./collector.ts";
import { beginOf, type Level, rowLength, timesKept } from "./levels.ts";
import { pointsOfRow } from "./metric-point.ts";

/**
 * It follows what is committed, so that no point tells of a report that was never stored. A process that is killed leaves the newest
 * point of each host out, of 10 s at most: coarser ones are made again of those that are stored.
 */
export class MetricKeeper {
  readonly levels: readonly Level[];
  readonly #manager: Pick<FleetManager, "follow" | "points" | "state">;
  readonly #clocks: Clocks;
  readonly #pause: () => Promise<void>;
  #collector: Collector;
  /** These lines are to be appended, the oldest first. */
  #unwritten: PointRow[] = [];
  #removed = new Set<string>();
  #isSeeded = false;
  #trimmedAt = Number.NEGATIVE_INFINITY;
  #lost = 0;

  constructor({ manager, clocks, levels, pause }: MetricKeeperParts) {
    this.levels = levels;
    this.#manager = manager;
    this.#clocks = clocks;
    this.#pause = pause;
    this.#collector = new Collector(levels);
  }

  /** A term begins. What this process gathered in an earlier one is in the store, or lost. It returns how to stop. */
  begin(): () => void {
    this.#collector = new Collector(this.levels);
    this.#unwritten = [];
    this.#removed = new Set();
    this.#isSeeded = false;
    return this.#manager.follow((committed) => {
      for (const { space, changes } of committed)
        if (space.name === MAIN_SPACE) for (const change of changes) this.#see(change);
    });
  }

  #see({ type, target }: Change): void {
    const told = type === "host_metrics" ? this.#manager.state.metrics.get(target) : undefined;
    if (told !== undefined) this.take(target, Date.parse(told.lastSeenAt), told);
    else if (type === "host_removed") this.#remove(target);
  }

  /** The host told this at that time, in milliseconds since 1970. */
  take(host: string, at: number, reading: HostReading): void {
    this.#collector.take(host, at, reading);
  }

  #remove(host: string): void {
    this.#collector.forget(host);
    this.#unwritten = this.#unwritten.filter(({ series }) => series !== host);
    this.#removed.add(host);
  }

  /** Where the store refuses, the next round tries again. */
  async round(): Promise<void> {
    if (!this.#isSeeded) await this.#seed();
    this.#isSeeded = true;
    for (const _ of this.#collector.completeUntil(this.#clocks.now())) await this.#pause();
    await this.#write();
    await this.#dropRemoved();
    await this.#trim();
  }

  /** The process ends: the points that are not complete are written as they are. */
  async flush(): Promise<void> {
    for (const _ of this.#collector.completeFinest()) await this.#pause();
    await this.#write();
  }

  async #write(): Promise<void> {
    this.#unwritten.push(...this.#collector.lines());
    const tooMany = this.#unwritten.length - MOST_UNWRITTEN;
    if (tooMany > 0) {
      this.#unwritten.splice(0, tooMany);
      this.#lost += tooMany;
    }
    const batch = this.#unwritten;
    if (batch.length === 0) return;
    await this.#manager.points.appendPoints(batch);
    const written = new Set(batch); // A host may have been removed meanwhile, and its lines with it.
    this.#unwritten = this.#unwritten.filter((line) => !written.has(line));
  }

  /** A series has rows in a thousand places, so a few go in each round, and what is told goes on being written. */
  async #dropRemoved(): Promise<void> {
    for (const series of [...this.#removed].slice(0, DROPPED_PER_ROUND)) {
      for (const { step } of this.levels) await this.#manager.points.dropPoints({ step, series });
      this.#removed.delete(series);
      await this.#pause();
    }
  }

  async #trim(): Promise<void> {
    const steady = this.#clocks.steadyNow();
    if (steady - this.#trimmedAt < TRIM_EVERY_MS) return;
    for (const level of this.levels) await this.#trimLevel(level);
    this.#trimmedAt = steady;
  }

  /** A clock that was ahead has left as many times at most. The farthest of them go. */
  async #trimLevel(level: Level): Promise<void> {
    const { points } = this.#manager;
    const now = this.#clocks.now();
    const most = timesKept(level);
    const times = (upTo: number) => points.pointTimes({ step: level.step, upTo, limit: most + 1 });
    const oldest = (await times(now))[most - 1];
    if (oldest !== undefined) await points.dropPoints({ step: level.step, from: 0, before: oldest });
    for (;;) {
      const [farthest = now, ...nearer] = await times(Number.MAX_SAFE_INTEGER);
      if (nearer.length < most || (nearer.at(-1) ?? now) <= now) return;
      await points.dropPoints({ step: level.step, from: farthest, before: Number.MAX_SAFE_INTEGER });
    }
  }

  /** The coarser points that the process before could not complete are made of the finer ones that it has stored. */
  async #seed(): Promise<void> {
    for (const [index, level] of this.levels.entries()) {
      const finer = this.levels[index - 1];
      if (finer === undefined) continue;
      const [newest] = await this.#manager.points.pointTimes({
        step: finer.step,
        upTo: this.#clocks.now(),
        limit: 1,
      });
      if (newest === undefined) continue;
      const begin = beginOf(newest, level.step);
      const complete = await this.#completeAt(level, begin);
      for (let at = begin; at < begin + level.step; at += rowLength(finer))
        for await (const { series, text } of this.#rowsAt(finer, at)) {
          if (!this.#manager.state.hosts.has(series)) this.#removed.add(series);
          else if (!complete.has(series))
            for (const [offset, point] of pointsOfRow(text))
              this.#collector.put(index, series, at + offset * finer.step, point);
        }
    }
  }

  /** It returns the hosts whose point of that while is stored. */
  async #completeAt(level: Level, begin: number): Promise<ReadonlySet<string>> {
    const at = beginOf(begin, rowLength(level));
    const complete = new Set<string>();
    for await (const { series, text } of this.#rowsAt(level, at))
      if (pointsOfRow(text).has((begin - at) / level.step)) complete.add(series);
    return complete;
  }

  async *#rowsAt({ step }: Level, at: number): AsyncIterable<PointRow> {
    for (let after = ""; ; ) {
      const rows = await this.#manager.points.listPoints({ step, at, after, limit: ROWS_PER_PAGE });
      yield* rows;
      const last = rows.at(-1);
      if (last === undefined || rows.length < ROWS_PER_PAGE) return;
      after = last.series;
      await this.#pause();
    }
  }

  get metrics(): { readonly [name: string]: number } {
    return {
      metricHosts: this.#collector.hosts,
      metricLinesWaiting: this.#unwritten.length,
      metricLinesLost: this.#lost,
    };
  }
}

/** So many lines wait for a store that refuses them. That is more than 10,000 hosts have at once. */
const MOST_UNWRITTEN = 50_000;
const DROPPED_PER_ROUND = 10;
const TRIM_EVERY_MS = 60_000;
const ROWS_PER_PAGE = 200;

export interface MetricKeeperParts {
  readonly manager: Pick<FleetManager, "follow" | "points" | "state">;
  readonly clocks: Clocks;
  readonly levels: readonly Level[];
  readonly pause: () => Promise<void>;
}
