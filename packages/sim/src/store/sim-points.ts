/** The points of the simulated disk are read and written here. */

import {
  MemoryPoints,
  MOST_POINT_CHARS,
  type PointListQuery,
  type PointQuery,
  type PointRow,
  type PointsGone,
  type PointTimesQuery,
} from "@neverstale/server/store";
import type { PointTables } from "@neverstale/store-sqlite/sliced";
import type { JournaledWrites } from "./journal.ts";
import type { TableData } from "./table-data.ts";

export class SimPoints implements PointTables {
  readonly #rows: TableData["points"];
  readonly #journals: JournaledWrites;

  constructor({ points }: TableData, journals: JournaledWrites) {
    this.#rows = points;
    this.#journals = journals;
  }

  append(row: PointRow): boolean {
    const place = placeOf(row);
    const before = this.#rows.get(place)?.text ?? "";
    if (before.length >= MOST_POINT_CHARS) return false;
    this.#journals.set("fold", this.#rows, place, { ...row, text: before + row.text });
    return true;
  }

  drop(gone: PointsGone, limit: number): number {
    const isGone = ({ at, series }: PointRow) =>
      "series" in gone ? series === gone.series : at >= gone.from && at < gone.before;
    const rows = this.#all().filter((row) => row.step === gone.step && isGone(row));
    const now = rows.slice(0, limit);
    for (const row of now) this.#journals.set("trim", this.#rows, placeOf(row), undefined);
    return now.length;
  }

  read(query: PointQuery): readonly PointRow[] {
    return new MemoryPoints(this.#all()).read(query);
  }

  list(query: PointListQuery): readonly PointRow[] {
    return new MemoryPoints(this.#all()).list(query);
  }

  times(query: PointTimesQuery): readonly number[] {
    return new MemoryPoints(this.#all()).times(query);
  }

  #all(): readonly PointRow[] {
    return new MemoryPoints([...this.#rows.values()]).all();
  }
}

function placeOf({ step, at, series }: PointRow): string {
  return `${step} ${at} ${series}`;
}
