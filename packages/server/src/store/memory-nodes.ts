/** The nodes of a memory database are listed here while their processes are alive. */

import type { AliveNode, NodeRow } from "./node-table.ts";

export class MemoryNodes {
  readonly #rows = new Map<string, AliveNode>();

  list(): readonly AliveNode[] {
    return [...this.#rows.values()];
  }

  /** The node is listed from then on, and its counter has moved. */
  move(row: NodeRow): void {
    const counter = (this.#rows.get(row.id)?.counter ?? 0) + 1;
    this.#rows.set(row.id, { ...row, counter });
  }

  leave(id: string): void {
    this.#rows.delete(id);
  }

  remove({ id, counter }: Pick<AliveNode, "id" | "counter">): void {
    if (this.#rows.get(id)?.counter === counter) this.#rows.delete(id);
  }
}
