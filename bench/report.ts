/** The tables of kept results are printed again, as Markdown: `node --conditions=source bench/report.ts bench/results/*.json`. */

import { PEERS, SENDERS } from "./contenders/peers.ts";
import { type Kept, readKept } from "./harness/results/kept.ts";
import type { Result, Series } from "./harness/results/run.ts";
import { markdown } from "./harness/results/table.ts";
import { WORKLOADS } from "./workloads/workloads.ts";

/** A file replaces what earlier files say about the contenders that it measured in a workload. */
function main(): void {
  const kept = process.argv.slice(2).map(readKept);
  for (const one of kept) console.log(provenance(one));
  for (const make of WORKLOADS) {
    const workload = make({ quick: false, peers: PEERS, senders: SENDERS });
    const series = seriesOf(workload.name, kept);
    if (series.length > 0) console.log(`\n${markdown({ workload, series } satisfies Result)}`);
  }
}

function seriesOf(workload: string, kept: readonly Kept[]): Series[] {
  const byKey = new Map<string, Series>();
  for (const { workloads } of kept) {
    for (const { name, series } of workloads) {
      if (name === workload) for (const one of series) byKey.set(`${one.case}\n${one.contender}`, one);
    }
  }
  return [...byKey.values()];
}

function provenance({ at, commit, machine, versions, workloads }: Kept): string {
  const { cpu, cores, memoryGiB, kernel, node, pinning } = machine;
  const names = workloads.map(({ name }) => name).join(", ");
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `- ${names}: ${at.slice(0, 16)}Z, commit ${commit}, ${cores} cores of ${cpu}, ${memoryGiB} GiB, ${kernel}, Node ${node}, ${pinning}; ${list.join(", ")}`;
}

main();
