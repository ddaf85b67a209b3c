/** The kept bases stand in the store as points: they are looked back on, have no version, and nobody follows them. */

import type { PointRow, PointStore } from "../store/points/point-store.ts";
import type { BaseFacts } from "./base-texts.ts";

/** Applications count their steps in milliseconds, so that none is below 0. */
const BASE_STEP = -1;
/** It stands before the pieces, whose series are numbers. */
const FACTS = " facts";
const DIGITS = 8;
const PIECES_A_WRITE = 8;
const PIECES_A_READ = 16;

export class KeptBases {
  readonly #points: PointStore;
  readonly #most: number;

  /** No more than `most` of them are looked at. */
  constructor(points: PointStore, most: number) {
    this.#points = points;
    this.#most = most;
  }

  /** It returns the versions of the newest bases, the newest first. Some of them may not be whole. */
  versions(upTo: number): Promise<readonly number[]> {
    return this.#points.pointTimes({ step: BASE_STEP, upTo, limit: this.#most + 1 });
  }

  /** It returns null for a base that is not whole, or not there. */
  async facts(version: number): Promise<BaseFacts | null> {
    const [row] = await this.#points.readPoints({ step: BASE_STEP, series: FACTS, from: version, to: version + 1 });
    return row === undefined ? null : factsIn(row.text);
  }

  /** Pieces that an earlier try has left go first. After each write `pause` is awaited, so that others get their turn. */
  async write(facts: Omit<BaseFacts, "pieces" | "chars">, pieces: Iterable<string>, pause: Pause): Promise<BaseFacts> {
    const { version } = facts;
    await this.drop(version);
    let count = 0;
    let chars = 0;
    let rows: PointRow[] = [];
    for (const text of pieces) {
      rows.push(rowOf(version, seriesOf(count), text));
      count += 1;
      chars += text.length;
      if (rows.length < PIECES_A_WRITE) continue;
      await this.#points.appendPoints(rows);
      rows = [];
      await pause();
    }
    const written = { ...facts, pieces: count, chars };
    if (rows.length > 0) await this.#points.appendPoints(rows);
    await this.#points.appendPoints([rowOf(version, FACTS, JSON.stringify(written))]);
    return written;
  }

  /** It returns the pieces in their order. */
  async *read(version: number): AsyncIterable<string> {
    for (let after = FACTS; ; ) {
      const rows = await this.#points.listPoints({ step: BASE_STEP, at: version, after, limit: PIECES_A_READ });
      for (const { text } of rows) yield text;
      const last = rows.at(-1);
      if (last === undefined || rows.length < PIECES_A_READ) return;
      after = last.series;
    }
  }

  async drop(version: number): Promise<void> {
    await this.#points.dropPoints({ step: BASE_STEP, from: version, before: version + 1 });
  }

  async dropBelow(version: number): Promise<void> {
    await this.#points.dropPoints({ step: BASE_STEP, from: 0, before: version });
  }
}

/** A text that is cut or damaged says nothing, as if the base were not whole. */
function factsIn(text: string): BaseFacts | null {
  try {
    return JSON.parse(text) as BaseFacts;
  } catch {
    return null;
  }
}

/** It resolves when others have had their turn. */
export type Pause = () => Promise<void>;

function rowOf(version: number, series: string, text: string): PointRow {
  return { step: BASE_STEP, at: version, series, text };
}

function seriesOf(index: number): string {
  return String(index).padStart(DIGITS, "0");
}
