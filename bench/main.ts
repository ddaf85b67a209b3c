/** `npm run bench` measures, prints Markdown, and keeps the numbers as JSON: its options are in `harness/options.ts`. */

import { installedPeers, installedSenders } from "./contenders/peers.ts";
import { type Options, parseOptions, USAGE } from "./harness/options.ts";
import { keepResult } from "./harness/results/kept.ts";
import { type Result, runWorkload } from "./harness/results/run.ts";
import { markdown } from "./harness/results/table.ts";
import type { Workload } from "./harness/workload.ts";
import { WORKLOADS } from "./workloads/workloads.ts";

async function main(): Promise<void> {
  process.env.NODE_ENV ??= "production"; // All contenders are measured as their users run them.
  const options = parseOptions(process.argv.slice(2));
  const workloads = chosen(options);
  const results: Result[] = [];
  for (const workload of workloads) {
    const result = await runWorkload(workload, options.runs, (line) => console.error(line));
    results.push(result);
    console.log(`\n${markdown(result)}\n`);
  }
  console.log(`Kept in ${keepResult(options, results)}`);
}

function chosen(options: Options): Workload[] {
  const plan = { quick: options.quick, peers: installedPeers(options.peers), senders: installedSenders(options.peers) };
  const all = WORKLOADS.map((make) => make(plan));
  const unknown = options.only.filter((name) => !all.some((workload) => workload.name === name));
  if (unknown.length > 0) {
    throw new Error(`no workload "${unknown[0]}"; there are ${all.map((workload) => workload.name).join(", ")}`);
  }
  const wanted = options.only.length === 0 ? all : all.filter((workload) => options.only.includes(workload.name));
  return wanted.map((workload) => ofThese(workload, options));
}

/** It keeps the cases and contenders that were asked for, and all of them where none was named. */
function ofThese(workload: Workload, { cases, contenders }: Options): Workload {
  const isAsked = (asked: readonly string[], name: string) => asked.length === 0 || asked.includes(name);
  const kept = workload.cases
    .filter(({ name }) => isAsked(cases, name))
    .map((one) => ({ ...one, contenders: one.contenders.filter(({ name }) => isAsked(contenders, name)) }));
  return { ...workload, cases: kept.filter((one) => one.contenders.length > 0) };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  console.error(`\n${USAGE}`);
  process.exitCode = 1;
});
