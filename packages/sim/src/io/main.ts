/** `npm run sim` is the simulator from the command line. `SIM_HELP` says what it can do. */

import { INTERESTING_OF, neverHappened } from "../plan/interesting.ts";
import type { RunPlan } from "../plan/plan.ts";
import { shrink } from "../plan/shrink.ts";
import type { RunFailure } from "../world/surroundings.ts";
import { keepBroken, proveBroken } from "./broken/prove.ts";
import { replayOf } from "./commit.ts";
import { keep } from "./keep.ts";
import { optionOf, planOfKind } from "./kinds.ts";
import { SIM_HELP, type SimOptions, simOptions } from "./options.ts";
import { runPool } from "./pool.ts";
import { runWatched } from "./run-watched.ts";

const LAST_LINES = 25;

process.exitCode = await main(process.argv.slice(2));

/** It returns the exit code, which is 2 when it was asked for something that makes no sense. */
async function main(args: readonly string[]): Promise<number> {
  let options: SimOptions;
  try {
    options = simOptions(args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 2;
  }
  return run(options);
}

async function run(options: SimOptions): Promise<number> {
  const { seed, keep: name, broken, names, kind } = options;
  if (options.help) console.log(SIM_HELP);
  else if (broken && name !== null) await keepBroken(names[0] ?? "", name, options);
  else if (broken) return proveBroken(options);
  else if (options.trace) return printTrace(planOfKind(kind, String(seed), true));
  else if (name !== null) await keep({ seed: String(seed), name, kind });
  else return runMany(options);
  return 0;
}

interface Failed {
  readonly seed: string;
  readonly failure: RunFailure;
}

async function runMany(options: SimOptions): Promise<number> {
  const { seed: firstSeed, runs, jobs, kind } = options;
  const startedAt = performance.now();
  const totals: Record<string, number> = {};
  const failed: Failed[] = [];
  let done = 0;
  const progress = setInterval(() => showProgress(done, runs, failed.length, startedAt), 1_000);
  await runPool({
    firstSeed,
    runs,
    jobs,
    args: optionOf(kind),
    onReport: ({ seed, trace, counters, failure }) => {
      done += 1;
      for (const [name, count] of Object.entries(counters)) totals[name] = (totals[name] ?? 0) + count;
      if (failure !== null) failed.push({ seed, failure });
      printEnd(seed, trace, failure);
      return true;
    },
  }).finally(() => clearInterval(progress));
  showProgress(done, runs, failed.length, startedAt, "\n");
  printTable(totals);
  if (failed[0] !== undefined) await explain(options, failed[0]);
  const never = neverHappened(totals, done, INTERESTING_OF[kind]);
  if (never.length > 0) console.log(`FAILED never happened, and should have: ${never.join(", ")}`);
  return printSum(done, failed.length + (never.length > 0 ? 1 : 0));
}

function printEnd(seed: string, trace: string, failure: RunFailure | null): void {
  if (failure !== null) console.log(`FAILED ${failure.rule} ${failure.message.split("\n")[0]}`);
  console.log(`seed ${seed} trace ${trace}`);
}

/** It prints the last line, and returns the exit code. */
function printSum(runs: number, failed: number): number {
  console.log(`${runs} runs, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function showProgress(done: number, runs: number, failed: number, startedAt: number, end = ""): void {
  const perMinute = Math.round(done / ((performance.now() - startedAt) / 60_000));
  process.stderr.write(`\r${done} of ${runs} runs, ${failed} failed, ${perMinute} a minute ${end}`);
}

function printTable(totals: Readonly<Record<string, number>>): void {
  const names = Object.keys(totals).sort();
  const width = Math.max(...names.map((name) => name.length));
  console.log(`\n${names.map((name) => `${name.padEnd(width)}  ${totals[name]}`).join("\n")}`);
}

/**
 * It prints the failure with its last lines, and what is left of its plan when everything that doesn't matter is gone.
 */
async function explain({ kind }: SimOptions, { seed, failure: { rule, message, at } }: Failed): Promise<void> {
  const { lines } = await runWatched(planOfKind(kind, seed, true));
  const smaller = await shrink(planOfKind(kind, seed), rule, runWatched);
  console.log(`\nseed ${seed}: ${rule}, after ${at} ms\n${message}\n`);
  console.log(`${lines.slice(-LAST_LINES).join("\n")}\n`);
  console.log(
    `what is needed for it (keep it with ${[...optionOf(kind), "--seed", seed].join(" ")} --keep NAME):\n${JSON.stringify(smaller, null, 1)}`,
  );
  console.log(`replay it ${replayOf(seed, kind)}`);
}

async function printTrace(plan: RunPlan): Promise<number> {
  const { lines, seed, trace, failure } = await runWatched(plan);
  console.log(lines.join("\n"));
  printEnd(seed, trace, failure);
  return printSum(1, failure === null ? 0 : 1);
}
