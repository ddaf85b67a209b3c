/** This checkout is compared with another one, and the two are run by turns. */

import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readKept } from "./harness/results/kept.ts";
import { isVoid, median } from "./harness/results/run.ts";

const ENGINES = "engine-memory,engine-durable";
/** These columns are compared, where a workload has them. */
const COLUMNS = ["changesPerSecond", "bytesPerChange", "p50Ms", "p99Ms", "cpuMicrosPerChange", "mainThreadMicros"];

/** These are the values of one run, by case, contender and column. */
type Numbers = ReadonlyMap<string, number>;

// `node --conditions=source bench/pairs.ts OTHER [--only fanout,growth] [--pairs 5] [--case "10,000 records" ...]` prints for each
// case the median of the ratios within the pairs, with the lowest and the highest.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string", default: "fanout,latency,durable,growth" },
    pairs: { type: "string", default: "5" },
    case: { type: "string", multiple: true, default: [] },
  },
});
const other = positionals[0];
const pairs = Number(values.pairs);
if (other === undefined || !Number.isSafeInteger(pairs) || pairs < 1)
  throw new Error("usage: pairs.ts OTHER_CHECKOUT [--only fanout,growth] [--pairs 5]");

const own = fileURLToPath(new URL("..", import.meta.url));
const ratios = new Map<string, number[]>();
for (let pair = 0; pair < pairs; pair += 1) {
  // The one that comes second finds another machine, so they take turns in that, too.
  const order = pair % 2 === 0 ? [resolve(other), own] : [own, resolve(other)];
  const [first, second] = order.map(measured) as [Numbers, Numbers];
  const [before, after] = pair % 2 === 0 ? [first, second] : [second, first];
  for (const [key, value] of after) {
    const ratio = value / (before.get(key) ?? Number.NaN);
    if (Number.isFinite(ratio)) ratios.set(key, [...(ratios.get(key) ?? []), ratio]);
  }
  console.error(`pair ${pair + 1} of ${pairs}`);
}
console.log(`| case | contender | column | this / other: median of ${pairs} | lowest, highest |`);
console.log("|---|---|---|--:|--:|");
for (const [key, found] of ratios) {
  const range = [Math.min(...found), Math.max(...found)].map((ratio) => ratio.toFixed(2));
  console.log(`| ${key} | ${median(found).toFixed(3)} | ${range.join(", ")} |`);
}

function measured(checkout: string): Numbers {
  const args = ["--only", values.only, "--runs", "1", "--no-peers", "--contenders", ENGINES];
  for (const name of values.case) args.push("--case", name);
  const { stdout, status } = spawnSync(process.execPath, ["--conditions=source", "bench/main.ts", ...args], {
    cwd: checkout,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 64 * 1024 * 1024,
  });
  const path = /^Kept in (.+)$/m.exec(stdout)?.[1];
  if (status !== 0 || path === undefined) throw new Error(`the bench in ${checkout} ended with ${status}`);
  return numbersIn(join(path));
}

function numbersIn(path: string): Numbers {
  const numbers = new Map<string, number>();
  for (const { name, series } of readKept(path).workloads) {
    for (const one of series) {
      const sample = one.runs[0];
      if (sample === undefined || isVoid(sample)) continue;
      for (const column of COLUMNS) {
        const value = sample[column];
        if (value !== undefined) numbers.set(`${name}: ${one.case} | ${one.contender} | ${column}`, value);
      }
    }
  }
  return numbers;
}
