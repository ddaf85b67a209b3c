/** `npm run sim`: the simulator from the command line. See `HELP`. */
import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { neverHappened } from "../interesting.ts";
import { makePlan } from "../make-plan.ts";
import { runPlan } from "../run.ts";
import { shrink } from "../shrink.ts";
import type { Failure } from "../world.ts";
import { keepBroken, proveBroken } from "./broken/prove.ts";
import { keep } from "./keep.ts";
import { runPool } from "./pool.ts";

const HELP = `npm run sim -- [options]

  --seed N      the first seed (1)
  --runs N      how many seeds (100)
  --jobs N      processes (one for each core)
  --trace       print every line of one run
  --keep NAME   shrink the failure of --seed and keep it as packages/sim/regressions/NAME.json
  --broken [NAME]  run the builds that are broken on purpose, all or the named ones: each must be caught;
                with --keep, keep what catches it, for the day when the mistake is made again
  --help

One line for each run on stdout, in order of seed; the counters; last, "R runs, F failed". The exit code is 0 when
nothing failed and every interesting case has happened.`;

const LAST_LINES = 25;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string", default: "1" },
    runs: { type: "string" },
    jobs: { type: "string" },
    trace: { type: "boolean", default: false },
    keep: { type: "string" },
    broken: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const firstSeed = Number(values.seed);
const jobs = Number(values.jobs ?? availableParallelism());

if (values.help) console.log(HELP);
else if (values.broken && values.keep !== undefined) await keepBroken(positionals[0] ?? "", firstSeed, values.keep);
else if (values.broken) process.exitCode = await proveBroken({ names: positionals, firstSeed, jobs });
else if (values.trace) await printTrace();
else if (values.keep !== undefined) await keep(values.seed, values.keep);
else await runMany(Number(values.runs ?? 100));

async function runMany(runs: number): Promise<void> {
  const startedAt = performance.now();
  const totals: Record<string, number> = {};
  const failed: { seed: string; failure: Failure }[] = [];
  let done = 0;
  const progress = setInterval(() => showProgress(done, runs, failed.length, startedAt), 1_000);
  await runPool({
    firstSeed,
    runs,
    jobs,
    onReport: ({ seed, trace, counters, failure }) => {
      done += 1;
      for (const [name, count] of Object.entries(counters)) totals[name] = (totals[name] ?? 0) + count;
      console.log(`seed ${seed} trace ${trace}${failure === null ? "" : ` FAILED ${failure.rule}`}`);
      if (failure !== null) failed.push({ seed, failure });
      return true;
    },
  });
  clearInterval(progress);
  showProgress(done, runs, failed.length, startedAt, "\n");
  printTable(totals);
  if (failed[0] !== undefined) await explain(failed[0].seed, failed[0].failure);
  const never = neverHappened(totals, done);
  if (never.length > 0) console.log(`\nnever happened, and should have: ${never.join(", ")}`);
  process.exitCode = failed.length === 0 && never.length === 0 ? 0 : 1;
  console.log(`${done} runs, ${failed.length} failed`);
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

/** The failure with its last lines, and what is left of its plan when everything that doesn't matter is gone. */
async function explain(seed: string, { rule, message, at }: Failure): Promise<void> {
  const { lines } = await runPlan(makePlan(seed, true));
  const smaller = await shrink(makePlan(seed), rule);
  console.log(`\nseed ${seed} at commit ${commit()}: ${rule}, after ${at} ms\n${message}\n`);
  console.log(`${lines.slice(-LAST_LINES).join("\n")}\n`);
  console.log(`what is needed for it (keep it with --seed ${seed} --keep NAME):\n${JSON.stringify(smaller, null, 1)}`);
}

function commit(): string {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" }).trim();
  } catch {
    return "unknown"; // The sources may have come without their history.
  }
}

async function printTrace(): Promise<void> {
  const { lines, trace, failure } = await runPlan(makePlan(values.seed, true));
  console.log(lines.join("\n"));
  console.log(`seed ${values.seed} trace ${trace}`);
  process.exitCode = failure === null ? 0 : 1;
}
