/** `npm run bench`: measures, prints Markdown, keeps the numbers as JSON. Options: see `harness/options.ts`. */

import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { installedPeers } from "./contenders/peers.ts";
import { commit, machine, versions } from "./harness/machine.ts";
import { type Options, parseOptions, USAGE } from "./harness/options.ts";
import { type Result, runWorkload } from "./harness/run.ts";
import { markdown } from "./harness/table.ts";
import type { MakeWorkload, Workload } from "./harness/workload.ts";
import { fanout } from "./w1-fanout.ts";
import { latency } from "./w2-latency.ts";
import { reconnect } from "./w3-reconnect.ts";
import { join } from "./w4-join.ts";
import { memory } from "./w5-memory.ts";
import { durable } from "./w6-durable.ts";
import { client } from "./w7-client.ts";
import { start } from "./w8-start.ts";
import { growth } from "./w9-growth.ts";

const WORKLOADS: readonly MakeWorkload[] = [fanout, latency, reconnect, join, memory, durable, client, start, growth];

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  const workloads = chosen(options);
  const results: Result[] = [];
  for (const workload of workloads) {
    const result = await runWorkload(workload, options.runs, (line) => console.error(line));
    results.push(result);
    console.log(`\n${markdown(result)}\n`);
  }
  console.log(`Kept in ${keep(options, results)}`);
}

function chosen(options: Options): Workload[] {
  const plan = { quick: options.quick, peers: installedPeers(options.peers) };
  const all = WORKLOADS.map((make) => make(plan));
  const unknown = options.only.filter((name) => !all.some((workload) => workload.name === name));
  if (unknown.length > 0)
    throw new Error(`no workload "${unknown[0]}"; there are ${all.map((workload) => workload.name).join(", ")}`);
  return options.only.length === 0 ? all : all.filter((workload) => options.only.includes(workload.name));
}

/** One file for the whole run: where, of what, with which versions, and each sample of it. */
function keep(options: Options, results: readonly Result[]): string {
  const folder = fileURLToPath(new URL(options.save ? "results/" : "results/local/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  const at = new Date().toISOString();
  const kept = {
    at,
    commit: commit(),
    machine: machine(),
    versions: versions(),
    quick: options.quick,
    workloads: results.map(({ workload, series }) => ({
      id: workload.id,
      name: workload.name,
      title: workload.title,
      notes: workload.notes,
      series,
    })),
  };
  const path = `${folder}${at.slice(0, 19).replaceAll(":", "")}${options.quick ? "-quick" : ""}.json`;
  writeFileSync(path, `${JSON.stringify(kept, null, 1)}\n`);
  return path;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  console.error(`\n${USAGE}`);
  process.exitCode = 1;
});
