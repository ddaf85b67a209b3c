/** The followed views of one space: each has a fan-out of its own, which is woken when something moves that it may show (rule V19). */

import type { Space } from "../../space/space.ts";
import type { KeySet } from "../../space/views/key-sets.ts";
import type { ViewedSpace } from "../../space/views/viewed-space.ts";
import type { Fanout } from "../fanout.ts";

export class FollowedViews {
  readonly #space: Space;
  readonly #byId = new Map<string, Fanout>();
  readonly #byKey = new Map<string, Set<Fanout>>();

  constructor(space: Space) {
    this.#space = space;
  }

  get size(): number {
    return this.#byId.size;
  }

  values(): Iterable<Fanout> {
    return this.#byId.values();
  }

  get(id: string): Fanout | null {
    return this.#byId.get(id) ?? null;
  }

  add(viewed: ViewedSpace, fanout: Fanout): void {
    this.#byId.set(viewed.id, fanout);
    for (const key of viewed.view.keys) {
      const fanouts = this.#byKey.get(key) ?? new Set<Fanout>();
      this.#byKey.set(key, fanouts.add(fanout));
    }
  }

  /** It returns whether the view was among them. */
  remove(viewed: ViewedSpace): boolean {
    const fanout = this.#byId.get(viewed.id);
    if (fanout === undefined) return false;
    this.#byId.delete(viewed.id);
    for (const key of viewed.view.keys) {
      const fanouts = this.#byKey.get(key);
      fanouts?.delete(fanout);
      if (fanouts?.size === 0) this.#byKey.delete(key);
    }
    return true;
  }

  /** It returns the fan-outs of views that have a key of what a group has moved, before it or after. */
  movedBy(firstVersion: number): Set<Fanout> {
    const seen = new Set<KeySet>();
    const moved = new Set<Fanout>();
    for (let entry = this.#space.newest; entry !== null && entry.version >= firstVersion; entry = entry.older) {
      const { shown } = entry;
      if (shown === null) continue;
      for (const set of [shown.set, shown.setAt(firstVersion - 1)]) {
        if (set === null || seen.has(set)) continue;
        seen.add(set);
        for (const key of set.keys) for (const fanout of this.#byKey.get(key) ?? []) moved.add(fanout);
      }
    }
    return moved;
  }
}
