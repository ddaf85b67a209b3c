/** Records that have the keys of another one are found by that one, since their keys move with its keys (rule V1). */

import type { AnyViews, StateRecord } from "@neverstale/protocol";
import type { Entry } from "../entry.ts";

export class Dependents {
  readonly #declared: AnyViews;
  readonly #byTarget = new Map<string, Set<Entry>>();

  constructor(declared: AnyViews) {
    this.#declared = declared;
  }

  /** It returns the entries whose records name that one. */
  of(collection: string, id: string): Iterable<Entry> {
    return this.#byTarget.get(nameOf(collection, id)) ?? [];
  }

  /** The record of the entry was `before`, and is `after`. */
  moved(entry: Entry, before: StateRecord | null, after: StateRecord | null): void {
    const way = this.#declared.throughOf(entry.collection);
    if (way === null) return;
    const from = before === null ? null : targetOf(before, way.field);
    const to = after === null ? null : targetOf(after, way.field);
    if (from === to) return;
    if (from !== null) this.#remove(nameOf(way.through, from), entry);
    if (to === null) return;
    const name = nameOf(way.through, to);
    const entries = this.#byTarget.get(name) ?? new Set<Entry>();
    this.#byTarget.set(name, entries.add(entry));
  }

  #remove(name: string, entry: Entry): void {
    const entries = this.#byTarget.get(name);
    entries?.delete(entry);
    if (entries?.size === 0) this.#byTarget.delete(name);
  }
}

/** It returns the id that stands in the field, or null. */
export function targetOf(record: StateRecord, field: string): string | null {
  const id = Object.hasOwn(record, field) ? record[field] : null;
  return typeof id === "string" ? id : null;
}

function nameOf(collection: string, id: string): string {
  return `${collection}\0${id}`;
}
