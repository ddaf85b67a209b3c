/** Mutations that are pending are told as a list, which is the same until something of it changes. */

import { type LineEntry, mutationKey } from "./line.ts";
import type { PendingMutation } from "./mutating.ts";
import type { RecordName } from "./overlay.ts";

export class PendingList {
  readonly #read: () => readonly LineEntry[];
  readonly #concernsOf: (entry: LineEntry) => readonly RecordName[];
  readonly #told = new WeakMap<LineEntry, PendingMutation>();
  readonly #ofRecords = new Map<string, readonly PendingMutation[]>();
  #list: readonly PendingMutation[] = Object.freeze([]);
  #isCurrent = true;

  constructor(read: () => readonly LineEntry[], concernsOf: (entry: LineEntry) => readonly RecordName[]) {
    this.#read = read;
    this.#concernsOf = concernsOf;
  }

  /** Something of it may have changed. */
  doubt(): void {
    this.#isCurrent = false;
  }

  all(): readonly PendingMutation[] {
    if (this.#isCurrent) return this.#list;
    this.#isCurrent = true;
    const list = this.#read()
      .filter(({ isDropped }) => !isDropped)
      .map((entry) => this.#tell(entry));
    if (isSameList(list, this.#list)) return this.#list;
    this.#ofRecords.clear();
    this.#list = Object.freeze(list);
    return this.#list;
  }

  /** Those of them that concern a record. */
  of(collection: string, id: string): readonly PendingMutation[] {
    const all = this.all();
    const name = `${collection}\0${id}`;
    const known = this.#ofRecords.get(name);
    if (known !== undefined) return known;
    const list = Object.freeze(
      all.filter(({ concerns }) => concerns.some((one) => one.collection === collection && one.id === id)),
    );
    this.#ofRecords.set(name, list);
    return list;
  }

  #tell(entry: LineEntry): PendingMutation {
    const { name, args, at, wasSent, isKept } = entry;
    const key = mutationKey(entry);
    const concerns = this.#concernsOf(entry);
    const before = this.#told.get(entry);
    const isSame = before?.key === key && before.wasSent === wasSent && before.isKept === isKept;
    if (isSame && areSameRecords(before.concerns, concerns)) return before;
    const told = Object.freeze({ key, name, args, at, wasSent, isKept, concerns });
    this.#told.set(entry, told);
    return told;
  }
}

function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index]);
}

function areSameRecords(a: readonly RecordName[], b: readonly RecordName[]): boolean {
  return (
    a.length === b.length && a.every(({ collection, id }, at) => b[at]?.collection === collection && b[at]?.id === id)
  );
}
