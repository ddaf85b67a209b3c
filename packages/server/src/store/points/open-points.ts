/** The open points are those of a store that is open: once it is being closed, every call is refused. */

import type { PointListQuery, PointQuery, PointRow, PointStore, PointsGone, PointTimesQuery } from "./point-store.ts";

export class OpenPoints implements PointStore {
  readonly #store: PointStore;
  readonly #requireOpen: () => void;

  /** `requireOpen` throws `shutting_down`. */
  constructor(store: PointStore, requireOpen: () => void) {
    this.#store = store;
    this.#requireOpen = requireOpen;
  }

  async appendPoints(rows: readonly PointRow[]): Promise<number> {
    this.#requireOpen();
    return rows.length === 0 ? 0 : this.#store.appendPoints(rows);
  }

  async readPoints(query: PointQuery): Promise<readonly PointRow[]> {
    this.#requireOpen();
    return this.#store.readPoints(query);
  }

  async listPoints(query: PointListQuery): Promise<readonly PointRow[]> {
    this.#requireOpen();
    return this.#store.listPoints(query);
  }

  async pointTimes(query: PointTimesQuery): Promise<readonly number[]> {
    this.#requireOpen();
    return this.#store.pointTimes(query);
  }

  async dropPoints(gone: PointsGone): Promise<number> {
    this.#requireOpen();
    return this.#store.dropPoints(gone);
  }
}
