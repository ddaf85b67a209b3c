/** Broken builds are run here until they are caught. */

import { fork } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { RunPlan } from "../../plan/plan.ts";
import { type KeepOptions, REGRESSIONS, type Regression } from "../keep.ts";
import { optionOf, type PlanKind, planOfKind } from "../kinds.ts";
import type { RunReport } from "../messages.ts";
import { runPool } from "../pool.ts";
import type { BrokenBuild } from "./broken-build.ts";
import { BROKEN_BUILDS } from "./builds.ts";
import { buildNamed } from "./hook.ts";

/** It prints a table that says what caught which build, and returns the exit code. */
export async function proveBroken({ names, seed, jobs, kind }: ProveOptions): Promise<number> {
  const builds = names.length === 0 ? BROKEN_BUILDS : names.map(buildNamed);
  const proofs: Promise<Proof>[] = [];
  const under = new Set<Promise<Proof>>();
  for (const { name } of builds) {
    const proof = proveBuild(name, seed, kind);
    proofs.push(proof);
    under.add(proof);
    proof.finally(() => under.delete(proof)).catch(() => {});
    if (under.size >= jobs) await Promise.race(under);
  }
  return printTable(await Promise.all(proofs));
}

const KEEP = fileURLToPath(new URL("./keep.ts", import.meta.url));
const WORKER = fileURLToPath(new URL("./worker.ts", import.meta.url));
/** A build that gets through so many runs has not been caught. */
const MOST_RUNS = 5_000;

interface Proof {
  readonly name: string;
  /** This was the first run that failed. It is null when none did. */
  readonly caught: RunReport | null;
  readonly seconds: number;
}

/** It runs one broken build, seed after seed, until it is caught. */
async function proveBuild(name: string, firstSeed: number, kind: PlanKind): Promise<Proof> {
  const startedAt = performance.now();
  let caught: RunReport | null = null;
  await runPool({
    firstSeed,
    runs: MOST_RUNS,
    jobs: 1,
    script: WORKER,
    args: [name, ...optionOf(kind)],
    onReport: (report) => {
      if (report.failure !== null) caught = report;
      return report.failure === null;
    },
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  process.stderr.write(`${caught === null ? "not caught" : "caught"} after ${seconds.toFixed(1)} s: ${name}\n`);
  return { name, caught, seconds };
}

/** It returns the plan that is known to catch a build. */
export function planAgainst({ by }: BrokenBuild): RunPlan {
  if ("pages" in by) return planOfKind("pages", String(by.pages));
  if ("queues" in by) return planOfKind("queues", String(by.queues));
  if ("views" in by) return planOfKind("views", String(by.views));
  return "seed" in by ? planOfKind("all", String(by.seed)) : regressionNamed(by.regression).plan;
}

export function regressionNames(): readonly string[] {
  const files = readdirSync(REGRESSIONS).filter((file) => file.endsWith(".json"));
  return files.map((file) => file.slice(0, -".json".length)).sort();
}

export function regressionNamed(name: string): Regression {
  return JSON.parse(readFileSync(`${REGRESSIONS}${name}.json`, "utf8")) as Regression;
}

/** It finds the first seed that catches the build, and keeps it, shrunk, under a name. */
export async function keepBroken(build: string, name: string, { seed, kind }: Omit<ProveOptions, "names" | "jobs">) {
  const { caught } = await proveBuild(build, seed, kind);
  if (caught === null) throw new Error(`${MOST_RUNS} runs did not catch it`);
  await keepIn({ build, seed: caught.seed, name, kind });
}

/** It keeps the failure of a seed under a broken build, in a process of its own. */
export async function keepIn(options: KeepOptions): Promise<void> {
  const [code] = (await once(fork(KEEP, [JSON.stringify(options)]), "exit")) as [number | null];
  if (code !== 0) throw new Error(`keeping it ended with exit code ${code}`);
}

export interface ProveOptions {
  /** These builds are run. When there are no names, all are. */
  readonly names: readonly string[];
  /** This is the first seed. */
  readonly seed: number;
  readonly jobs: number;
  /** The seeds are of this kind. */
  readonly kind: PlanKind;
}

function printTable(proofs: readonly Proof[]): number {
  console.log("| broken build | rule | seed | s | what was seen |\n|---|---|---|---|---|");
  for (const { name, caught, seconds } of proofs) {
    const { rule, message } = caught?.failure ?? { rule: "**not caught**", message: "" };
    const seen = message.split("\n")[0]?.slice(0, 120).replaceAll("|", "/");
    console.log(`| ${name} | ${rule} | ${caught?.seed ?? ""} | ${seconds.toFixed(1)} | ${seen} |`);
  }
  const survived = proofs.filter(({ caught }) => caught === null).length;
  console.log(`${proofs.length} broken builds, ${survived} not caught`);
  return survived === 0 ? 0 : 1;
}
