/** A pipeline's waves, and what it left undone, are put into words. */

import type { Pipeline } from "@neverstale/fleet-domain";
import { failuresAllowed, waveEnds } from "@neverstale/fleet-domain/schema-free";
import { howMany } from "../state/format.ts";

/** It is null where all hosts go at once. */
export function waveWords({ waves, hosts, currentWave = 0 }: Pipeline): string | null {
  if (waves === undefined) return null;
  const ends = waveEnds(waves, hosts.length);
  return `wave ${Math.min(currentWave + 1, ends.length)} of ${ends.length}`;
}

/** It is null where a failure anywhere stops nothing. */
export function boundWords({ maxFail, hosts }: Pipeline): string | null {
  return maxFail === undefined ? null : `at most ${howMany(failuresAllowed(maxFail, hosts.length), "host")} may fail`;
}

/** On so many hosts a stage was begun and did not succeed, and on so many others it was not begun. */
export function leftUndone({ unfinished = {} }: Pipeline): { readonly failed: number; readonly notStarted: number } {
  const all = Object.values(unfinished);
  const failed = all.filter(({ started }) => started).length;
  return { failed, notStarted: all.length - failed };
}
