/** Problems are stored records that today's model or bounds would not take in (rule E6). */

import { type Change, effectOf, type Model, put, type StateRecord } from "@neverstale/protocol";
import type { Limits } from "../../limits/limits.ts";
import { messageOf } from "../../runtime/message-of.ts";
import type { Space } from "../../space/space.ts";

/** It looks at every record that a validator speaks of, or that may be too large. */
export function findProblems(spaces: Iterable<Space>, limits: Limits): Problems {
  const problems = new ProblemList(limits.problems);
  for (const space of spaces) {
    if (space.bytes > limits.stateBytes) {
      const why = `its state has ${space.bytes} bytes, and ${limits.stateBytes} are the most (\`stateBytes\`)`;
      problems.add({ space: space.name, record: null, kind: "too_large", why });
    }
    for (const collection of Object.keys(space.model.collections)) {
      if (space.model.collections[collection]?.validator !== null) findInvalid(space, collection, problems);
      if (space.largestRecordBytes > limits.recordBytes) findTooLarge(space, collection, limits.recordBytes, problems);
    }
  }
  return problems;
}

/** The record is served as it is. */
export interface Problem {
  readonly space: string;
  /** Null stands for the state of the space as a whole. */
  readonly record: { readonly collection: string; readonly id: string } | null;
  /**
   * A record is `refused` when its validator refuses it: then any change of it is refused that doesn't mend it. It is
   * `altered` when its validator would store it otherwise, as with a default that was added: the next change of it does so.
   * It is `too_large` when it is beyond a bound (rule S8).
   */
  readonly kind: "refused" | "altered" | "too_large";
  readonly why: string;
  /** It says what to do about it. */
  readonly hint: string;
}

/** They are looked for at the start, after `migrate`. One that is mended later stays listed until the next start. */
export interface Problems {
  readonly count: number;
  /** Only the first of them are listed: `problems` of the limits says how many. */
  readonly found: readonly Problem[];
}

const HINTS = {
  refused: "Mend it in `migrate`, or by a put or a patch that makes it valid.",
  altered: "Put it once more, as it is, in `migrate`: its validator then gives what is missing.",
  too_large: "Make it smaller, or remove it: both are always taken. Or raise the limit.",
} as const;

function findTooLarge(space: Space, collection: string, max: number, problems: ProblemList): void {
  for (const id of space.state[collection]?.keys() ?? []) {
    const bytes = space.entry(collection, id)?.bytes ?? 0;
    if (bytes <= max) continue;
    const why = `it has ${bytes} bytes, and ${max} are the most (\`recordBytes\`)`;
    problems.add({ space: space.name, record: { collection, id }, kind: "too_large", why });
  }
}

function findInvalid(space: Space, collection: string, problems: ProblemList): void {
  const model: Model = { ...space.model, changes: { [AS_STORED]: put(collection) } };
  for (const [id, record] of space.state[collection] ?? []) {
    const found = problemOf(model, record);
    if (found !== null) problems.add({ space: space.name, record: { collection, id }, ...found });
  }
}

const AS_STORED = "as_stored";

/** It says what would come of it if the record were put once more, as it is. */
function problemOf(model: Model, record: StateRecord): Pick<Problem, "kind" | "why"> | null {
  const again: Change = { type: AS_STORED, target: record.id, data: record };
  try {
    const { moved, patch } = effectOf(model, again, () => record);
    if (!moved) return null;
    return { kind: "altered", why: `its validator would store ${Object.keys(patch ?? {}).join(", ")} otherwise` };
  } catch (error) {
    return { kind: "refused", why: messageOf(error).replace(`change "${AS_STORED}" is refused: `, "") };
  }
}

class ProblemList implements Problems {
  count = 0;
  readonly found: Problem[] = [];
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  add(problem: Omit<Problem, "hint">): void {
    this.count += 1;
    if (this.found.length < this.#max) this.found.push({ ...problem, hint: HINTS[problem.kind] });
  }
}
