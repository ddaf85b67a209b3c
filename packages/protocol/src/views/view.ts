/** A view is what somebody may see of a space: records by their keys, and the fields of a record by roles (rule V2). */

import type { Model } from "../model/model.ts";
import type { Lens, Lenses } from "./lens.ts";

/** It is the view of those from whom nothing of a space is hidden. */
export const everything = "everything";
export type Everything = typeof everything;

/** It says for each collection what a role shows of it. A collection that it does not name is not shown. */
export type RoleLenses = ReadonlyMap<string, Lens>;

/** `views.of` makes one. */
export class GrantedView {
  /** It is a view of spaces of this model. */
  readonly model: Model;
  /** Equal texts stand for views that show the same of every space. */
  readonly text: string;
  readonly #lenses: Lenses;
  readonly #byKey: ReadonlyMap<string, RoleLenses>;

  /** `grants` says for each key what is shown of the records that have it. */
  constructor(model: Model, lenses: Lenses, grants: ReadonlyMap<string, RoleLenses>) {
    this.model = model;
    this.#lenses = lenses;
    this.#byKey = grants;
    this.text = JSON.stringify([...grants].sort(byFirst).map(([key, role]) => [key, fieldsOf(role)]));
  }

  get keys(): Iterable<string> {
    return this.#byKey.keys();
  }

  /** It returns what is shown of a record of the collection that has these keys. Null stands for nothing of it. */
  lens(collection: string, keys: readonly string[]): Lens | null {
    let found: Lens | null = null;
    for (let at = 0; at < keys.length; at += 1) {
      const lens = this.#byKey.get(keys[at] as string)?.get(collection);
      if (lens !== undefined) found = found === null ? lens : this.#lenses.union(found, lens);
    }
    return found;
  }
}

function fieldsOf(role: RoleLenses): readonly (readonly [string, readonly string[] | null])[] {
  return [...role].sort(byFirst).map(([collection, { fields }]) => [collection, fields]);
}

function byFirst([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
