/** W11 measures durable changes on PostgreSQL against those on SQLite, on the same disk, with 1, 64 and 1,000 writers. */

import { engineDurable, enginePostgres } from "../contenders/index.ts";
import type { BenchPlan, Case, Column, MakeWorkload, Target } from "../harness/workload.ts";
import { measureDurable } from "./w6-durable.ts";

/** Each is the least share of SQLite's rate that PostgreSQL may have, by the number of writers. */
const LEAST: ReadonlyMap<number, number> = new Map([
  [1, 0.5],
  [64, 0.6],
  [1_000, 0.8],
]);

const SLOWER_MS = 2;

const RATE = "changesPerSecond";

const COLUMNS: readonly Column[] = [
  { key: RATE, label: "changes/s", digits: 0, ratio: true },
  { key: "changesPerCommit", label: "changes a commit", digits: 1 },
  { key: "cpuMicrosPerChange", label: "CPU µs a change", digits: 1 },
  { key: "loopDelayP99Ms", label: "loop delay p99 ms", digits: 1 },
];

export const database: MakeWorkload = (plan) => ({
  id: "W11",
  name: "database",
  title: "Durable commits on PostgreSQL and on SQLite",
  notes: [
    "As in W6. PostgreSQL runs on the same machine and disk, with its usual settings but for 128 MB of buffers.",
    `strace makes every fsync and fdatasync ${SLOWER_MS} ms longer, for the process of the engine and for all that it starts: the database is one of these.`,
    "CPU is that of the engine's process, without that of the database.",
  ],
  columns: COLUMNS,
  cases: [...LEAST.keys()].map((writers) => databaseCase(plan, writers)),
  targets: [...LEAST].map(([writers, least]) => targetOf(writers, least)),
});

function caseName(writers: number): string {
  return `${writers === 1 ? "1 writer" : `${writers.toLocaleString("en")} writers`}, every fsync ${SLOWER_MS} ms longer`;
}

function databaseCase({ quick }: BenchPlan, writers: number): Case {
  const times = quick ? { warmUpMs: 300, measureMs: 700 } : { warmUpMs: 2_000, measureMs: 5_000 };
  return {
    name: caseName(writers),
    reference: engineDurable.name,
    contenders: [enginePostgres, engineDurable].map((contender) => ({
      name: contender.name,
      label: contender.label,
      measure: () => measureDurable({ contender, writers, slowerMs: SLOWER_MS, records: 1_000, ...times }),
    })),
  };
}

function targetOf(writers: number, least: number): Target {
  const name = caseName(writers);
  return {
    text: `${name}: / on SQLite`,
    atLeast: least,
    value: (read) => read(name, enginePostgres.name, RATE) / read(name, engineDurable.name, RATE),
  };
}
