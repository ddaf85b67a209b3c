/** The lineage says which versions of a space belong to which epoch (rules E1 and E2). */

import { LINEAGE_LENGTH, type Lineage } from "@neverstale/protocol";
import type { LineageRow } from "../store/contract.ts";

export class SpaceLineage {
  readonly #epochs: Epochs;
  readonly #rows: LineageIndex[] = [];

  constructor(epochs: Epochs, rows: readonly LineageRow[]) {
    this.#epochs = epochs;
    for (const row of rows) this.add(row);
  }

  /** A row of an epoch that is not remembered any more is left out, since nobody is resumed from there. */
  add(row: LineageRow): void {
    const index = this.#epochs.indexOf(row.epoch);
    if (index === null) return;
    this.#forgetOldest();
    this.#rows.push({ index, firstVersion: row.firstVersion });
  }

  /** Rows of epochs that have been forgotten meanwhile say nothing of any other epoch. */
  #forgetOldest(): void {
    const kept = this.#firstRowAfter(this.#epochs.first - 1);
    if (kept > 0) this.#rows.splice(0, kept);
  }

  /** The space has changed in today's epoch. */
  get begun(): boolean {
    return this.#rows.at(-1)?.index === this.#epochs.indexOf(this.#epochs.today);
  }

  /** It returns the last version of an epoch's run, or null for an epoch that this store doesn't know (rule E2). */
  lastVersion(epoch: string, head: number): number | null {
    const index = this.#epochs.indexOf(epoch);
    if (index === null) return null;
    const next = this.#rows[this.#firstRowAfter(index)];
    return next === undefined ? head : next.firstVersion - 1;
  }

  /** It searches by halves, since rows are in the order of their epochs, and a store that starts often has many. */
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

  /** It returns the epoch in which a version was given out, or null for one that is not remembered. */
  epochAt(version: number): string | null {
    const row = this.#rows.findLast(({ firstVersion }) => firstVersion <= version);
    return row === undefined ? null : this.#epochs.nameOf(row.index);
  }

  /** Replicas are told the newest epochs, empty ones included. */
  toWire(head: number): Lineage {
    return this.#epochs.newest(LINEAGE_LENGTH).map((epoch) => [epoch, this.lastVersion(epoch, head) ?? head] as const);
  }
}

/**
 * It holds the newest epochs of the store, in order. The last one is today's (rule E1). Each has a number of its own, which stays
 * the same when the oldest are forgotten.
 */
export class Epochs {
  readonly #numbers = new Map<string, number>();
  readonly #list: string[] = [];
  readonly #most: number;
  /** The oldest one that is known has this number. */
  #first = 0;

  /** At most `most` of them are known. */
  constructor(epochs: readonly string[], most: number) {
    this.#most = most;
    for (const epoch of epochs.slice(-most)) this.begin(epoch);
  }

  /** From here on this is today's epoch: somebody has taken over. */
  begin(epoch: string): void {
    this.#numbers.set(epoch, this.#first + this.#list.length);
    this.#list.push(epoch);
    if (this.#list.length <= this.#most) return;
    this.#numbers.delete(this.#list.shift() as string);
    this.#first += 1;
  }

  get today(): string {
    return this.#list[this.#list.length - 1] as string;
  }

  get first(): number {
    return this.#first;
  }

  get size(): number {
    return this.#list.length;
  }

  indexOf(epoch: string): number | null {
    return this.#numbers.get(epoch) ?? null;
  }

  nameOf(index: number): string | null {
    return this.#list[index - this.#first] ?? null;
  }

  /** It returns the newest ones, oldest first. */
  newest(count: number): readonly string[] {
    return this.#list.slice(-count);
  }
}

/** It is a lineage row, with the number of its epoch. */
interface LineageIndex {
  readonly index: number;
  readonly firstVersion: number;
}
