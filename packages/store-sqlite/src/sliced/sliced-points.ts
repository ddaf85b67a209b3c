/** The sliced points, and what goes from the history by name, are written so many rows at a time, so that commits go in between. */

import type { Millis } from "@neverstale/base";
import type {
  PointListQuery,
  PointQuery,
  PointRow,
  PointStore,
  PointsGone,
  PointTimesQuery,
} from "@neverstale/server/store";
import type { StoreSettings } from "./settings.ts";
import type { StoreCounters } from "./store-counters.ts";
import type { PointTables } from "./tables.ts";
import type { Writing } from "./writing.ts";

export class SlicedPoints implements PointStore {
  readonly #writing: Writing;
  readonly #counters: StoreCounters;
  readonly #settings: Pick<StoreSettings, "pointRows">;

  constructor(writing: Writing, counters: StoreCounters, settings: Pick<StoreSettings, "pointRows">) {
    this.#writing = writing;
    this.#counters = counters;
    this.#settings = settings;
  }

  appendPoints(rows: readonly PointRow[]): Promise<number> {
    return this.#writing.track(this.#append(rows));
  }

  async #append(rows: readonly PointRow[]): Promise<number> {
    const { pointRows } = this.#settings;
    let full = 0;
    for (let from = 0; from < rows.length || from === 0; from += pointRows) {
      const piece = rows.slice(from, from + pointRows);
      const { value, tookMs } = await this.#step(({ thread }) => thread.ask("appendPoints", piece));
      this.#writing.wrote(piece.length);
      this.#counters.pointed({ written: piece.length - value, full: value, dropped: 0 }, tookMs);
      full += value;
    }
    return full;
  }

  dropPoints(gone: PointsGone): Promise<number> {
    return this.#writing.track(this.#drop(gone));
  }

  async #drop(gone: PointsGone): Promise<number> {
    const { pointRows } = this.#settings;
    for (let dropped = 0; ; ) {
      const { value, tookMs } = await this.#step(({ thread }) => thread.ask("dropPoints", gone, pointRows));
      this.#writing.wrote(value);
      this.#counters.pointed({ written: 0, full: 0, dropped: value }, tookMs);
      dropped += value;
      if (value < pointRows) return dropped;
    }
  }

  /** Rows of the history go in slices of as many, too. */
  dropHistory(positions: readonly number[]): Promise<number> {
    return this.#writing.track(this.#dropHistory(positions));
  }

  async #dropHistory(positions: readonly number[]): Promise<number> {
    const { pointRows } = this.#settings;
    let dropped = 0;
    for (let from = 0; from < positions.length || from === 0; from += pointRows) {
      const piece = positions.slice(from, from + pointRows);
      const { value } = await this.#step(({ thread }) => thread.ask("dropHistory", piece));
      this.#writing.wrote(value);
      dropped += value;
    }
    return dropped;
  }

  #step<Value>(work: (opened: Opened) => Promise<{ readonly value: Value; readonly tookMs: Millis }>) {
    return this.#writing.inTurn((opened) => {
      opened.catalog.requireTerm();
      return work(opened);
    });
  }

  async readPoints(query: PointQuery): Promise<readonly PointRow[]> {
    return this.#tables.read(query);
  }

  async listPoints(query: PointListQuery): Promise<readonly PointRow[]> {
    return this.#tables.list(query);
  }

  async pointTimes(query: PointTimesQuery): Promise<readonly number[]> {
    return this.#tables.times(query);
  }

  get #tables(): PointTables {
    return this.#writing.running().data.database.full.tables.points;
  }
}

type Opened = ReturnType<Writing["running"]>;
