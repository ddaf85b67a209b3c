import { LINEAGE_LENGTH, type Lineage } from "@neverstale/protocol";
import type { LineageRow } from "../store/contract.ts";

/** The newest epochs of the store, in order; the last one is today's (rule E1). */
export class Epochs {
  readonly #order = new Map<string, number>();
  readonly list: string[];

  constructor(epochs: readonly string[]) {
    this.list = [...epochs];
    for (const [index, epoch] of this.list.entries()) this.#order.set(epoch, index);
  }

  get today(): string {
    return this.list[this.list.length - 1] as string;
  }

  indexOf(epoch: string): number | null {
    return this.#order.get(epoch) ?? null;
  }

  /** The newest ones, oldest first. */
  newest(count: number): readonly string[] {
    return this.list.slice(-count);
  }
}

/** A lineage row by the place of its epoch in the list. */
interface LineageIndex {
  readonly index: number;
  readonly firstVersion: number;
}

/** Which versions of one space belong to which epoch (rules E1, E2). */
export class SpaceLineage {
  readonly #epochs: Epochs;
  readonly #rows: LineageIndex[] = [];

  constructor(epochs: Epochs, rows: readonly LineageRow[]) {
    this.#epochs = epochs;
    for (const row of rows) this.add(row);
  }

  /** A row of an epoch that is not remembered any more says nothing: nobody is resumed from there. */
  add(row: LineageRow): void {
    const index = this.#epochs.indexOf(row.epoch);
    if (index !== null) this.#rows.push({ index, firstVersion: row.firstVersion });
  }

  /** Whether the space has changed in today's epoch. */
  get begun(): boolean {
    return this.#rows.at(-1)?.index === this.#epochs.list.length - 1;
  }

  /** The last version of an epoch's run, or null for an epoch this store doesn't know (rule E2). */
  lastVersion(epoch: string, head: number): number | null {
    const index = this.#epochs.indexOf(epoch);
    if (index === null) return null;
    const next = this.#rows[this.#firstRowAfter(index)];
    return next === undefined ? head : next.firstVersion - 1;
  }

  /** By halves: rows are in the order of their epochs, and a store that starts often has many. */
  #firstRowAfter(index: number): number {
    let from = 0;
    let to = this.#rows.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#rows[middle] as LineageIndex).index > index) to = middle;
      else from = middle + 1;
    }
    return from;
  }

  /** What replicas are told: the newest epochs, empty ones included. */
  toWire(head: number): Lineage {
    return this.#epochs.newest(LINEAGE_LENGTH).map((epoch) => [epoch, this.lastVersion(epoch, head) ?? head] as const);
  }
}
