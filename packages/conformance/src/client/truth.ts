/** A client may show nothing yet, or one of the states that its authority has had (rules P1, R3). */

import { type JsonObject, type JsonValue, sameJson } from "@neverstale/protocol";
import { type Bindings, resolve } from "../patterns/template.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { brief, Violation } from "../scenario/violation.ts";
import type { Shown } from "../tested.ts";

export class Truth {
  readonly #states: readonly { readonly version: number; readonly state: JsonValue }[];
  #seen = 0;

  constructor(scenario: Scenario, bindings: Bindings) {
    this.#states = scenario.truth.map(({ version, state }) => ({ version, state: resolve(state, bindings) }));
  }

  /** It looks at what was shown since the last time. */
  hold(shown: readonly Shown[]): void {
    for (; this.#seen < shown.length; this.#seen += 1) {
      const each = shown[this.#seen] as Shown;
      if (this.#states.length === 0 || isEmpty(each)) continue;
      const known = this.#states.some(({ version, state }) => version === each.version && sameState(state, each.state));
      if (!known)
        throw new Violation("P1", "only states that the authority has had", `${brief({ ...each })} was shown`);
    }
  }
}

function isEmpty({ version, state }: Shown): boolean {
  return version === 0 && Object.values(state).every((records) => Array.isArray(records) && records.length === 0);
}

/** It compares records by id. A collection without records counts as none. */
export function sameState(a: JsonValue, b: JsonValue): boolean {
  return sameJson(byId(a), byId(b));
}

function byId(state: JsonValue): JsonObject {
  const collections = Object.entries(state as Readonly<Record<string, readonly JsonObject[]>>);
  const filled = collections.filter(([, records]) => records.length > 0);
  return Object.fromEntries(
    filled.map(([name, records]) => [name, Object.fromEntries(records.map((record) => [String(record.id), record]))]),
  );
}
