/** A bounded run goes through fixed seeds, until all that the promises are about has happened. */

import { replayOf } from "./io/commit.ts";
import { type PlanKind, planOfKind } from "./io/kinds.ts";
import { runWatched } from "./io/run-watched.ts";
import { INTERESTING_OF } from "./plan/interesting.ts";

export interface Bounds {
  /** These seeds come first, because each of them shows much of what the promises are about. */
  readonly first?: readonly number[];
  /** So many seeds are run in any case. */
  readonly atLeast: number;
  /** No more seeds are run, whatever has not happened by then. */
  readonly atMost: number;
}

export interface BoundedResult {
  /** Each line says which promise was broken, and how to see it again. */
  readonly failed: readonly string[];
  /** These are the names of the counters that were counted up. */
  readonly seen: ReadonlySet<string>;
}

export async function runBounded(kind: PlanKind, { first = [], atLeast, atMost }: Bounds): Promise<BoundedResult> {
  const failed: string[] = [];
  const seen = new Set<string>();
  for (const [index, seed] of seedsFrom(first, atMost).entries()) {
    if (index >= atLeast && INTERESTING_OF[kind].every((name) => seen.has(name))) break;
    const { failure, counters } = await runWatched(planOfKind(kind, seed));
    if (failure !== null) failed.push(`${failure.rule} ${failure.message}; replay it ${replayOf(seed, kind)}`);
    for (const [name, count] of Object.entries(counters)) if (count > 0) seen.add(name);
  }
  return { failed, seen };
}

/** This range is one that `npm run sim` does not begin with. */
const FIRST_SEED = 1_000_001;

/** It returns the seeds of the list, and behind them those of the range that don't stand in it. */
function seedsFrom(list: readonly number[], count: number): readonly string[] {
  const range = Array.from({ length: count }, (_, index) => FIRST_SEED + index);
  return [...new Set([...list, ...range])].slice(0, count).map(String);
}
