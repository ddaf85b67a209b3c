/**
 * Many simulated agents report to one server, and one dashboard follows it. This prints what that costs, minute by minute, and how
 * long a report takes from the agent to the dashboard. It exits with 1 when anything was lost: a host that went offline, a report
 * of the probe that did not arrive, a gap, a digest that differs, or a figure that got old.
 *
 * `node --conditions=source tests/fleet/many-hosts.ts [HOSTS] [MINUTES]`
 */

import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ended } from "@neverstale/base/test-processes";
import type { StateSync } from "@neverstale/fleet-client";
import { EnrollmentTokenAnswer, fleet as fleetSpace } from "@neverstale/fleet-domain";
import { DEFAULT_BEACON_MS } from "@neverstale/protocol";
import { FleetProcess } from "../../apps/fleet/cli/src/fleet-process-suite.ts";
import { Probe, percentile } from "./probe.ts";

const CLI = fileURLToPath(new URL("../../apps/fleet/cli/bin/neverstale.mjs", import.meta.url));
const HEARTBEAT = "10s";
/** An agent has a socket and often one connection more, and a process may seldom open more than some thousand files. */
const PROCESSES = 4;
const LOOK_MS = 500;
/** The work of the enrolments is over after this. */
const CALM_MS = 30_000;
/** No figure of a host that reports every ten seconds is older. */
const OLDEST_MS = 15_000;
const TICKS_PER_SECOND = 100;
const PAGES_PER_MIB = 256;

const hosts = Number(process.argv[2] ?? 10_000);
const minutes = Number(process.argv[3] ?? 10);
const perProcess = Math.ceil(hosts / PROCESSES);
const fleet = new FleetProcess(JSON.stringify({ ops: {} }));
fleet.options = { beaconMs: DEFAULT_BEACON_MS };
const agents: ChildProcess[] = [];
const end = async () => {
  await Promise.all(agents.map((process) => ended(process, "SIGTERM")));
  await fleet.dispose();
};
// Whoever ends it early leaves no server behind, and no agents.
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void end().then(() => process.exit(1)));
try {
  process.exitCode = (await measure()) ? 0 : 1;
} finally {
  await end();
}

async function measure(): Promise<boolean> {
  await fleet.start();
  const began = performance.now();
  const session = await fleet.session();
  for (let number = 0; number < PROCESSES; number += 1)
    agents.push(spawnAgents(number, await token(perProcess, ["made-up"])));
  const sync = session.follow({ model: fleetSpace.model });
  while (madeUp(sync).filter(({ ops }) => ops.length > 0).length < PROCESSES * perProcess) await delay(LOOK_MS);
  const seconds = Math.round((performance.now() - began) / 1_000);
  console.log(`${hosts} hosts have enrolled after ${seconds} s, on ${cpus().length} cores`);
  await delay(CALM_MS);

  const probe = await Probe.enrol(fleet.address, await token(1, []), sync);
  const lost = new Set<string>();
  let oldestMs = 0;
  const watch = setInterval(() => {
    for (const { id, online } of madeUp(sync)) if (!online) lost.add(id);
    oldestMs = Math.max(oldestMs, ...madeUp(sync).map(({ id }) => ageMs(sync, id)));
  }, 1_000);
  const version = sync.version;
  console.log(
    "| minute | CPU % of one core: server | agents | dashboard | MiB: server | agents | changes/s | p50 ms | p99 ms | most ms |",
  );
  console.log("|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
  for (let minute = 1; minute <= minutes; minute += 1) console.log(await row(minute, probe, sync));
  clearInterval(watch);
  const sent = await probe.end();
  const { took } = probe;
  const { counters } = sync;
  console.log(
    `${took.length} of ${sent} reports of the probe arrived: p50 ${percentile(took, 0.5)} ms, p99 ${percentile(took, 0.99)} ms`,
  );
  console.log(`${sync.version - version} changes; the dashboard counts ${JSON.stringify(counters)}`);
  console.log(
    `${lost.size} hosts were offline at some time; the oldest figure was ${(oldestMs / 1_000).toFixed(1)} s old`,
  );
  sync.stop();
  return (
    lost.size === 0 &&
    took.length === sent &&
    oldestMs < OLDEST_MS &&
    counters.gaps + counters.divergences + counters.digestMismatches === 0
  );
}

async function token(uses: number, tags: string[]): Promise<string> {
  const session = await fleet.session();
  return EnrollmentTokenAnswer.parse(await session.postJson("/api/enrollment-tokens", { uses, tags })).token;
}

/** Other hosts have another seed, and so other names. */
function spawnAgents(seed: number, enrollToken: string): ChildProcess {
  const shares = ["--failing", "0", "--dying", "0", "--away", "0"];
  const words = [
    "demo",
    "--server",
    fleet.address,
    "--hosts",
    `${perProcess}`,
    "--seed",
    `${seed}`,
    "--heartbeat",
    HEARTBEAT,
    ...shares,
  ];
  const env = { ...process.env, NEVERSTALE_ENROLL_TOKEN: enrollToken };
  return spawn(process.execPath, [CLI, ...words], { env, stdio: ["ignore", "ignore", "inherit"] });
}

function madeUp({ state }: StateSync) {
  return [...state.hosts.values()].filter(({ tags }) => tags.includes("made-up"));
}

function ageMs({ state }: StateSync, id: string): number {
  const metrics = state.metrics.get(id);
  return metrics === undefined ? 0 : Date.now() - Date.parse(metrics.lastSeenAt);
}

async function row(minute: number, probe: Probe, sync: StateSync): Promise<string> {
  const processes = [[fleet.serverPid], agents.flatMap(({ pid = 0 }) => withChildren(pid)), [process.pid]];
  const [before, version, from, began] = [
    processes.map((all) => sum(all.map(cpuSeconds))),
    sync.version,
    probe.took.length,
    performance.now(),
  ];
  await delay(60_000);
  const seconds = (performance.now() - began) / 1_000;
  const cpu = processes.map((all, index) =>
    Math.round((100 * (sum(all.map(cpuSeconds)) - (before[index] ?? 0))) / seconds),
  );
  const memory = processes.slice(0, 2).map((all) => Math.round(sum(all.map(residentPages)) / PAGES_PER_MIB));
  const took = probe.took.slice(from);
  const latency = [0.5, 0.99, 1].map((share) => percentile(took, share));
  return `| ${[minute, ...cpu, ...memory, Math.round((sync.version - version) / seconds), ...latency].join(" | ")} |`;
}

/** A command line may run its work in a child. */
function withChildren(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  return [pid, ...children.flatMap(withChildren)];
}

function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function residentPages(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
}

function sum(all: readonly number[]): number {
  return all.reduce((total, one) => total + one, 0);
}
