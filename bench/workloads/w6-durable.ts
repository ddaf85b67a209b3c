/** W6 measures changes that must be on disk before the writer goes on: of one writer and of 64, on a quick and on a slow disk. */

import { spawnSync } from "node:child_process";
import { bareSqlite, engineDurable, tldrawDurable } from "../contenders/index.ts";
import type { ContenderEntry } from "../harness/contender.ts";
import { verifyStored, withServer } from "../harness/session.ts";
import type { BenchPlan, Case, Column, Entrant, MakeWorkload, Sample, Target } from "../harness/workload.ts";

export interface DurableSize {
  readonly contender: ContenderEntry;
  readonly writers: number;
  readonly records: number;
  /** So much time is added to every fsync and fdatasync. */
  readonly slowerMs: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export function measureDurable(size: DurableSize): Promise<Sample> {
  return withServer({ ...size, under: slowDisk(size.slowerMs) }, async (server) => {
    const run = await server.call.runWriters(size);
    await verifyStored(server);
    return {
      changesPerSecond: (run.changes * 1e3) / run.wallMs,
      changesPerCommit: run.changes / run.commits,
      cpuMicrosPerChange: (run.cpuMs * 1e3) / run.changes,
      loopDelayP99Ms: run.loopDelayP99Ms,
    };
  });
}

/** strace delays the calls in the kernel's door. With its filter the other calls run at full speed. */
function slowDisk(slowerMs: number): string[] {
  if (slowerMs === 0) return [];
  if (spawnSync("strace", ["--version"]).status !== 0)
    throw new Error("a slow disk is made with strace, which is not installed");
  const inject = `inject=fsync,fdatasync:delay_exit=${slowerMs * 1e3}`;
  return ["strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", inject];
}

const caseName = (writers: number, slowerMs: number): string =>
  `${writers === 1 ? "1 writer" : `${writers} writers`}, ${slowerMs === 0 ? "this disk" : `every fsync ${slowerMs} ms longer`}`;

const CONDITIONS = [
  { writers: 1, slowerMs: 0 },
  { writers: 64, slowerMs: 0 },
  { writers: 1, slowerMs: 2 },
  { writers: 64, slowerMs: 2 },
  { writers: 64, slowerMs: 50 },
] as const;

export const durable: MakeWorkload = (plan) => ({
  id: "W6",
  name: "durable",
  title: "Durable commits",
  notes: [
    "State: 1,000 records of 400 bytes; no clients. A writer asks for its next change when the last one has been forced to disk.",
    "Bare `node:sqlite`: per change the record rewritten and a log row, in one commit as many changes as the engine's had; WAL, `synchronous=FULL`.",
    "Verified by opening the store anew. A slow disk is made with strace; the loop's delay is that of the serving thread.",
  ],
  columns: COLUMNS,
  cases: CONDITIONS.map(({ writers, slowerMs }) => durableCase(plan, writers, slowerMs)),
  targets: [...CONDITIONS.flatMap(({ writers, slowerMs }) => targetsOf(writers, slowerMs)), tldrawTarget],
});

const COLUMNS: readonly Column[] = [
  { key: "changesPerSecond", label: "changes/s", digits: 0, ratio: true },
  { key: "changesPerCommit", label: "changes a commit", digits: 1 },
  { key: "cpuMicrosPerChange", label: "CPU µs a change", digits: 1 },
  { key: "loopDelayP99Ms", label: "loop delay p99 ms", digits: 1 },
];

function durableCase({ quick, peers }: BenchPlan, writers: number, slowerMs: number): Case {
  const times = quick ? { warmUpMs: 300, measureMs: 700 } : { warmUpMs: 2_000, measureMs: 5_000 };
  const measure = (contender: ContenderEntry): Promise<Sample> =>
    measureDurable({ contender, writers, slowerMs, records: 1_000, ...times });
  /** It is as many as the engine had last: so both write the same rows for each fsync. */
  let perCommit = writers;
  const engine: Entrant = {
    name: engineDurable.name,
    label: engineDurable.label,
    measure: async () => {
      const sample = await measure(engineDurable);
      perCommit = Math.max(1, Math.min(writers, Math.round(sample.changesPerCommit ?? writers)));
      return sample;
    },
  };
  const bare: Entrant = {
    name: bareSqlite.name,
    label: bareSqlite.label,
    measure: () => measure({ ...bareSqlite, variant: String(perCommit) }),
  };
  const peer: Entrant = { name: tldrawDurable.name, label: tldrawDurable.label, measure: () => measure(tldrawDurable) };
  const withPeer = peers.some((known) => known.name === "tldraw") && slowerMs === 0;
  return {
    name: caseName(writers, slowerMs),
    reference: bareSqlite.name,
    contenders: withPeer ? [engine, bare, peer] : [engine, bare],
  };
}

const RATE = "changesPerSecond";

function targetsOf(writers: number, slowerMs: number): Target[] {
  const name = caseName(writers, slowerMs);
  const delay: Target = {
    text: `${name}: loop delay p99, ms`,
    atMost: 20,
    value: (read) => read(name, engineDurable.name, "loopDelayP99Ms"),
  };
  if (slowerMs > 2) return [delay];
  const rate: Target = {
    text: `${name}: / bare \`node:sqlite\``,
    atLeast: slowerMs === 0 ? 0.75 : 0.8,
    value: (read) => read(name, engineDurable.name, RATE) / read(name, bareSqlite.name, RATE),
  };
  return [rate, delay];
}

const tldrawTarget: Target = {
  text: `${caseName(64, 0)}: / tldraw's`,
  atLeast: 10,
  value: (read) => read(caseName(64, 0), engineDurable.name, RATE) / read(caseName(64, 0), tldrawDurable.name, RATE),
};
