/** The asked step is how far apart the points of an answer are: as somebody wants it, or as it fits. */

import { METRIC_STEPS } from "@neverstale/fleet-domain";
import { beginOf, type Level } from "./levels.ts";

/** An answer has at most so many points of each metric. */
const MOST_POINTS = 5_000;
/** Without a step there are at most so many. */
const FITTING_POINTS = 1_000;

export interface AskedRange {
  readonly from: number;
  readonly to: number;
  /** It is null where it is to fit. */
  readonly step: number | null;
}

/** All are in milliseconds, and whole points lie between the two times. */
export interface FoundRange {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** It returns what is wrong with the range, in words, or the range by whole points. */
export function rangeOf({ from, to, step }: AskedRange, levels: readonly Level[], now: number): FoundRange | string {
  if (from >= to) return "`from` is not before `to`";
  const steps = step === null ? METRIC_STEPS.map((seconds) => 1_000 * Number(seconds)) : [step];
  const most = step === null ? FITTING_POINTS : MOST_POINTS;
  const found = steps.find((candidate) => {
    const fits = (to - from) / candidate <= most;
    return fits && (step !== null || reachesBack(candidate, from, levels, now));
  });
  if (found === undefined)
    return `from \`from\` to \`to\` there are more than ${most} points: ask for less, or for a larger \`step\``;
  return { from: beginOf(from, found), to: beginOf(to + found - 1, found), step: found };
}

/** Whatever is older than all that is kept is read of the coarsest level. */
function reachesBack(step: number, from: number, levels: readonly Level[], now: number): boolean {
  const level = levelFor(step, levels);
  const isCoarsest = level === levels.length - 1;
  return isCoarsest || now - (levels[level]?.keepMs ?? 0) <= from;
}

/** It returns the index of the coarsest level of which points of the step can be made. */
export function levelFor(step: number, levels: readonly Level[]): number {
  return levels.findLastIndex((level) => step % level.step === 0);
}
