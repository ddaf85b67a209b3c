/** Results are kept as JSON files, and read again. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Options } from "../options.ts";
import { type BenchMachine, commit, machine, versions } from "./machine.ts";
import type { Result, Series } from "./run.ts";

/** A run of the bench is kept with its machine, its commit, the versions of what was compared, and each sample. */
export interface Kept {
  /** This time is written as ISO 8601 has it. */
  readonly at: string;
  readonly commit: string;
  readonly machine: BenchMachine;
  readonly versions: Readonly<Record<string, string>>;
  readonly quick: boolean;
  readonly workloads: readonly { readonly name: string; readonly series: readonly Series[] }[];
}

/** It writes a new file, and returns its path. */
export function keepResult(options: Options, results: readonly Result[]): string {
  const folder = fileURLToPath(new URL(options.save ? "../../results/" : "../../results/local/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  const at = new Date().toISOString();
  const workloads = results.map(({ workload, series }) => ({ name: workload.name, series }));
  const kept: Kept = {
    at,
    commit: commit(),
    machine: machine(),
    versions: versions(),
    quick: options.quick,
    workloads,
  };
  const names = options.only.length === 0 ? "all" : options.only.join("-");
  const path = `${folder}${at.slice(0, 19).replaceAll(":", "")}-${names}${options.quick ? "-quick" : ""}.json`;
  writeFileSync(path, `${JSON.stringify(kept)}\n`);
  return path;
}

export function readKept(path: string): Kept {
  return JSON.parse(readFileSync(path, "utf8")) as Kept;
}
