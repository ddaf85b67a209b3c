/** A lens says which fields of a record are shown to somebody who is shown the record at all. */

import { type JsonValue, type StateRecord, sameJson } from "../json/json.ts";

/** Two lenses of a model that show the same are one object. */
export interface Lens {
  /** They are in order, without `id`, which is always shown. Null stands for every field. */
  readonly fields: readonly string[] | null;
}

/** It returns the record as the lens shows it: itself where all of it is shown. */
export function throughLens(record: StateRecord, { fields }: Lens): StateRecord {
  if (fields === null) return record;
  const shown: Record<string, JsonValue> = { id: record.id };
  for (const field of fields) if (Object.hasOwn(record, field)) shown[field] = record[field] as JsonValue;
  return shown as StateRecord;
}

/** The field has the same value in both records, or is in neither. */
export function sameField(before: StateRecord, after: StateRecord, field: string): boolean {
  const isThere = Object.hasOwn(after, field);
  if (Object.hasOwn(before, field) !== isThere) return false;
  return !isThere || before[field] === after[field] || sameJson(before[field], after[field]);
}

/** The lenses of one model, each made once. */
export class Lenses {
  readonly all: Lens = Object.freeze({ fields: null });
  readonly #byFields = new Map<string, Lens>();
  readonly #unions = new Map<Lens, Map<Lens, Lens>>();

  of(fields: readonly string[] | "*"): Lens {
    if (fields === "*") return this.all;
    const listed = [...new Set(fields)].filter((field) => field !== "id").sort();
    const name = JSON.stringify(listed);
    let lens = this.#byFields.get(name);
    if (lens === undefined) {
      lens = Object.freeze({ fields: Object.freeze(listed) });
      this.#byFields.set(name, lens);
    }
    return lens;
  }

  /** It shows what either of them shows. */
  union(a: Lens, b: Lens): Lens {
    if (a === b || a.fields === null) return a;
    if (b.fields === null) return b;
    const known = this.#unions.get(a)?.get(b);
    if (known !== undefined) return known;
    const both = this.of([...a.fields, ...b.fields]);
    const ofA = this.#unions.get(a) ?? new Map<Lens, Lens>();
    this.#unions.set(a, ofA.set(b, both));
    return both;
  }
}
