/** A workload is run several times, and its numbers are medians over the runs. */

import { fileURLToPath } from "node:url";
import { VoidRun } from "../session.ts";
import type { Case, Entrant, Read, Sample, Workload } from "../workload.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** A series is what one contender gave in one case, run by run. A void run holds its reason instead of numbers. */
export interface Series {
  readonly case: string;
  readonly contender: string;
  readonly label: string;
  readonly runs: readonly (Sample | { readonly void: string })[];
}

export interface Result {
  readonly workload: Workload;
  readonly series: readonly Series[];
}

export type Say = (line: string) => void;

/**
 * It measures all contenders of all cases `runs` times. Within a run they come one after the other, and each run begins with the
 * next one.
 */
export async function runWorkload(workload: Workload, runs: number, say: Say): Promise<Result> {
  const series = workload.cases.flatMap((one) => one.contenders.map((entrant) => newSeries(one, entrant)));
  for (let run = 0; run < runs; run += 1) {
    for (const one of workload.cases) {
      for (const entrant of rotated(one.contenders, run)) {
        const sample = await measured(entrant);
        series.find((of) => of.case === one.name && of.contender === entrant.name)?.runs.push(sample);
        say(`${workload.id} run ${run + 1}/${runs}  ${one.name}  ${entrant.name}  ${brief(sample)}`);
      }
    }
  }
  return { workload, series };
}

function newSeries(one: Case, entrant: Entrant): Series & { runs: (Sample | { readonly void: string })[] } {
  return { case: one.name, contender: entrant.name, label: entrant.label, runs: [] };
}

function rotated<T>(list: readonly T[], by: number): T[] {
  const at = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

/** A failure in a run concerns that run alone. */
async function measured(entrant: Entrant): Promise<Sample | { readonly void: string }> {
  try {
    return await entrant.measure();
  } catch (error) {
    if (!(error instanceof VoidRun)) console.error(error);
    return { void: reason(error) };
  }
}

/** It returns one line that may be kept, without the paths of this machine. */
function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split("\n")[0] ?? "").replaceAll(ROOT, "");
}

function brief(sample: Sample | { readonly void: string }): string {
  if (isVoid(sample)) return `VOID: ${sample.void}`;
  return Object.entries(sample)
    .map(([key, value]) => `${key}=${Number(value.toPrecision(4))}`)
    .join(" ");
}

export function isVoid(sample: Sample | { readonly void: string }): sample is { readonly void: string } {
  return typeof sample.void === "string";
}

/** It returns the median of a column over the runs that count, and NaN when there is none. */
export function medianOf(result: Result, caseName: string, contender: string, column: string): number {
  const found = result.series.find((series) => series.case === caseName && series.contender === contender);
  return median((found?.runs ?? []).map((sample) => (isVoid(sample) ? Number.NaN : (sample[column] ?? Number.NaN))));
}

/** It returns the median over the runs of a value that is worked out within each run. */
export function medianWithinRuns(result: Result, value: (read: Read) => number): number {
  const runs = Math.max(0, ...result.series.map((series) => series.runs.length));
  return median(Array.from({ length: runs }, (_, run) => value(readerOf(result, run))));
}

function readerOf(result: Result, run: number): Read {
  return (caseName, contender, column) => {
    const sample = result.series.find((series) => series.case === caseName && series.contender === contender)?.runs[
      run
    ];
    if (sample === undefined || isVoid(sample)) return Number.NaN;
    return sample[column] ?? Number.NaN;
  };
}

/** It leaves out values that are NaN. */
export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
