/** A careless program edits what it was given, and what it gave away. */

import type { AnyState, AskedChange } from "@neverstale/protocol";
import type { RunCounters } from "../checks/counters.ts";
import type { Random } from "../plan/random.ts";

/**
 * None of it may show anywhere. Records are altered by changes alone, and what was handed over is as it was then (rule
 * S1).
 */
export class Careless {
  readonly #chance: Random;
  readonly #counters: RunCounters;

  constructor(chance: Random, counters: RunCounters) {
    this.#chance = chance;
    this.#counters = counters;
  }

  /** Within a decision, it edits a record of the state that it looks at, now and then. */
  editRecord(state: AnyState | null): void {
    if (state === null || !this.#chance.chance(0.15)) return;
    const records = Object.values(state).flatMap((collection) => [...collection.values()]);
    if (records.length === 0) return;
    this.#counters.add("records_edited");
    this.#edit(this.#chance.pick(records));
  }

  /** Once the decision has been taken in, it goes on using the values that it gave, now and then. */
  editOwnSoon(changes: readonly AskedChange[]): void {
    if (!this.#chance.chance(0.3)) return;
    this.#counters.add("own_changes_edited");
    Promise.resolve().then(() => {
      for (const { data } of changes) if (data !== undefined) this.#edit(data);
    });
  }

  #edit(object: object): void {
    for (const part of partsOf(object)) {
      const member = Array.isArray(part) ? String(part.length) : "edited";
      try {
        Object.assign(part, { [member]: this.#chance.int(0, 9) });
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        this.#counters.add("edits_refused");
      }
    }
  }
}

/** It returns the object, and every object and list within it. */
function partsOf(value: unknown): object[] {
  if (typeof value !== "object" || value === null) return [];
  return [value, ...Object.values(value).flatMap(partsOf)];
}
