/** The options of the command line. */

import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { RUNS_TO_SEE_ALL } from "../plan/interesting.ts";
import { kindIn, type PlanKind } from "./kinds.ts";

/** It throws an error whose message says what is wrong with the arguments. */
export function simOptions(args: readonly string[]): SimOptions {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
  if (positionals.length > 0 && !values.broken) throw new Error(`"${positionals[0]}" is no option: see --help`);
  if (values.keep !== undefined && !/^[a-z0-9-]+$/.test(values.keep))
    throw new Error(`--keep takes a name of small letters, digits and hyphens, and not "${values.keep}"`);
  return {
    seed: wholeNumber("seed", values.seed ?? "1"),
    runs: wholeNumber("runs", values.runs ?? String(RUNS_TO_SEE_ALL)),
    jobs: wholeNumber("jobs", values.jobs ?? String(availableParallelism())),
    trace: values.trace ?? false,
    kind: kindIn((kind) => values[kind] === true),
    keep: values.keep ?? null,
    broken: values.broken ?? false,
    names: positionals,
    help: values.help ?? false,
  };
}

export const SIM_HELP = `npm run sim -- [options]

  --seed N      the first seed (1)
  --runs N      how many seeds (${RUNS_TO_SEE_ALL})
  --jobs N      processes (one for each core)
  --pages       only the pages that mutate, of each seed
  --queues      only the pages that keep what they ask for over a reload, of each seed
  --views       only the followers of views, of each seed
  --trace       print every line of one run
  --keep NAME   shrink the failure of --seed and keep it as packages/sim/regressions/NAME.json
  --broken [NAME]  run the builds that are broken on purpose, all or the named ones: each must be caught;
                with --keep, keep what catches it, for the day when the mistake is made again
  --help

Each run ends with a line "seed N trace HEX", in order of seed, with a line "FAILED ..." before it where something did not
hold; then the counters; last, "R runs, F failed". From ${RUNS_TO_SEE_ALL} runs on, a case that should have happened and did not counts
as one more failure, and is named. The exit code is 0 when nothing failed.`;

export interface SimOptions {
  readonly seed: number;
  readonly runs: number;
  readonly jobs: number;
  readonly trace: boolean;
  readonly kind: PlanKind;
  readonly keep: string | null;
  readonly broken: boolean;
  /** These are names of broken builds. */
  readonly names: readonly string[];
  readonly help: boolean;
}

const OPTIONS = {
  seed: { type: "string" },
  runs: { type: "string" },
  jobs: { type: "string" },
  trace: { type: "boolean" },
  pages: { type: "boolean" },
  queues: { type: "boolean" },
  views: { type: "boolean" },
  keep: { type: "string" },
  broken: { type: "boolean" },
  help: { type: "boolean" },
} as const;

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (/^[1-9]\d*$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new Error(`--${name} takes a whole number from 1 on, and not "${text}"`);
}
