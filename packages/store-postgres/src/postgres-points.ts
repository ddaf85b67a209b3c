/** The points of a store over PostgreSQL go over the lane of folds, so many rows with one statement. */

import {
  type ChainHead,
  joinedPoints,
  type PointListQuery,
  type PointQuery,
  type PointRow,
  type PointsGone,
  type PointTimesQuery,
  StoreFailure,
} from "@neverstale/server/store";
import type { SharedDatabase, SqlStatement } from "./database.ts";
import type { Names } from "./names.ts";
import {
  appendStatement,
  dropHistoryStatement,
  dropPointsStatement,
  listPointsStatement,
  type PointsMoved,
  pointTimesStatement,
  readPointsStatement,
} from "./statements/points.ts";
import { requireStorable } from "./texts.ts";

/** Each statement that writes is a transaction of its own, and looks itself whether the term goes on. */
export class PostgresPoints {
  readonly #database: SharedDatabase;
  readonly #names: Names;
  readonly #rows: number;
  readonly #counts = { written: 0, full: 0, dropped: 0 };

  /** So many rows go with one statement. */
  constructor(database: SharedDatabase, names: Names, rows: number) {
    this.#database = database;
    this.#names = names;
    this.#rows = rows;
  }

  /** `headOf` returns the newest entry of the term, and throws when that is over. */
  async append(rows: readonly PointRow[], headOf: () => ChainHead): Promise<number> {
    for (const { series, text } of rows) for (const part of [series, text]) requireStorable(part);
    const places = joinedPoints(rows);
    let full = 0;
    for (let from = 0; from < places.length; from += this.#rows) {
      const piece = places.slice(from, from + this.#rows);
      const moved = await this.#move(appendStatement(this.#names, piece, headOf()));
      this.#counts.written += moved;
      full += piece.length - moved;
    }
    this.#counts.full += full;
    return full;
  }

  async drop(gone: PointsGone, headOf: () => ChainHead): Promise<number> {
    for (let dropped = 0; ; ) {
      const moved = await this.#move(dropPointsStatement(this.#names, gone, this.#rows, headOf()));
      this.#counts.dropped += moved;
      dropped += moved;
      if (moved < this.#rows || "series" in gone) return dropped;
    }
  }

  /** `went` is told of each slice. */
  async dropHistory(
    positions: readonly number[],
    headOf: () => ChainHead,
    went: (gone: { readonly count: number; readonly chars: number }) => void,
  ): Promise<number> {
    let dropped = 0;
    for (let from = 0; from < positions.length || from === 0; from += this.#rows) {
      const piece = positions.slice(from, from + this.#rows);
      const [row] = (await this.#database.run("fold", dropHistoryStatement(this.#names, piece, headOf()))).rows;
      if (row?.allowed !== true) throw termOver();
      went({ count: row.moved, chars: row.chars });
      dropped += row.moved;
    }
    return dropped;
  }

  async #move(statement: SqlStatement<PointsMoved>): Promise<number> {
    const [row] = (await this.#database.run("fold", statement)).rows;
    if (row?.allowed !== true) throw termOver();
    return row.moved;
  }

  read(query: PointQuery): SqlStatement<PointRow> {
    return readPointsStatement(this.#names, query);
  }

  list(query: PointListQuery): SqlStatement<PointRow> {
    return listPointsStatement(this.#names, query);
  }

  times(query: PointTimesQuery): SqlStatement<{ readonly at: number }> {
    return pointTimesStatement(this.#names, query);
  }

  metrics(): Readonly<Record<string, number>> {
    return {
      store_point_rows_written_total: this.#counts.written,
      store_point_rows_full_total: this.#counts.full,
      store_point_rows_dropped_total: this.#counts.dropped,
    };
  }
}

function termOver(): StoreFailure {
  return new StoreFailure("fenced", "another node has taken over: this term is over");
}
