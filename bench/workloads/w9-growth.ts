/** W9 measures what a change costs as the state grows from 100 to 100,000 records, at the same rate. */

import { bareMap, bareSqlite, engineDurable } from "../contenders/index.ts";
import type { ContenderEntry } from "../harness/contender.ts";
import { verifyStored, withServer } from "../harness/session.ts";
import type { BenchPlan, Case, MakeWorkload, Read, Sample, Target } from "../harness/workload.ts";

export interface GrowthSize {
  readonly contender: ContenderEntry;
  readonly records: number;
  readonly perSecond: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

export function measureGrowth(size: GrowthSize): Promise<Sample> {
  return withServer(size, async (server) => {
    await server.call.runAtRate({ perSecond: size.perSecond, seconds: size.warmUpSeconds });
    const cost = await server.call.runAtRate({ perSecond: size.perSecond, seconds: size.seconds });
    await verifyStored(server);
    const changes = size.perSecond * size.seconds;
    return {
      mainThreadMicros: (cost.mainThreadCpuMs * 1e3) / changes,
      allThreadsMicros: (cost.cpuMs * 1e3) / changes,
      changesPerCommit: changes / cost.commits,
      loopDelayP99Ms: cost.loopDelayP99Ms,
    };
  });
}

const SIZES = [100, 1_000, 10_000, 100_000];
const PER_SECOND = 10_000;
const nameOf = (records: number): string => `${records.toLocaleString("en-US")} records`;

export const growth: MakeWorkload = (plan) => ({
  id: "W9",
  name: "growth",
  title: "Cost as the state grows",
  notes: [
    `Records of 400 bytes, ${PER_SECOND.toLocaleString("en-US")} changes a second to random ones, forced to disk; no clients.`,
    "CPU of the serving thread, and of all threads of the process, folding included. Bare `node:sqlite` as in W6.",
    "The bare `Map` is what caches and the collector of garbage cost any state that is as large.",
    "Verified by opening the store anew.",
  ],
  columns: [
    { key: "mainThreadMicros", label: "main thread µs a change", digits: 1 },
    { key: "allThreadsMicros", label: "all threads µs a change", digits: 1, ratio: true },
    { key: "changesPerCommit", label: "changes a commit", digits: 1 },
    { key: "loopDelayP99Ms", label: "loop delay p99 ms", digits: 1 },
  ],
  cases: SIZES.map((records) => growthCase(plan, plan.quick ? records / 10 : records, nameOf(records))),
  targets: [flat, ...SIZES.map(wholeCost)],
});

function growthCase({ quick }: BenchPlan, records: number, name: string): Case {
  const length = quick ? { warmUpSeconds: 1, seconds: 2 } : { warmUpSeconds: 3, seconds: 10 };
  let perCommit = PER_SECOND / 1_000;
  const measure = (contender: ContenderEntry): Promise<Sample> =>
    measureGrowth({ contender, records, perSecond: PER_SECOND, ...length });
  return {
    name,
    reference: bareSqlite.name,
    contenders: [
      {
        name: engineDurable.name,
        label: engineDurable.label,
        measure: async () => {
          const sample = await measure(engineDurable);
          perCommit = Math.max(1, Math.round(sample.changesPerCommit ?? perCommit));
          return sample;
        },
      },
      {
        name: bareSqlite.name,
        label: bareSqlite.label,
        measure: () => measure({ ...bareSqlite, variant: String(perCommit) }),
      },
      { name: bareMap.name, label: bareMap.label, measure: () => measure(bareMap) },
    ],
  };
}

const flat: Target = {
  text: "main thread: dearest size / cheapest size",
  atMost: 1.1,
  value: (read) => {
    const costs = SIZES.map((records) => read(nameOf(records), engineDurable.name, "mainThreadMicros"));
    return Math.max(...costs) / Math.min(...costs);
  },
};

function wholeCost(records: number): Target {
  const cost = (read: Read, contender: string): number => read(nameOf(records), contender, "allThreadsMicros");
  return {
    text: `${nameOf(records)}: all threads / bare \`node:sqlite\``,
    atMost: 1.2,
    value: (read) => cost(read, engineDurable.name) / cost(read, bareSqlite.name),
  };
}
