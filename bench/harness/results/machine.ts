/** Results name the machine, the commit and the versions that they belong to. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, platform, release, totalmem } from "node:os";
import { pinning } from "../processes/child.ts";

/** Numbers compare only with numbers of a machine of the same class. */
export interface BenchMachine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  readonly pinning: string;
}

export function machine(): BenchMachine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    kernel: `${platform()} ${release().split(".").slice(0, 2).join(".")} ${arch()}`,
    node: process.version,
    pinning: pinning(),
  };
}

/** It returns the commit of the working tree, with a plus when files were altered since. */
export function commit(): string {
  try {
    const git = (...args: string[]): string => execFileSync("git", args, { encoding: "utf8" }).trim();
    return (
      git("rev-parse", "--short=12", "HEAD") + (git("status", "--porcelain", "--untracked-files=no") === "" ? "" : "+")
    );
  } catch {
    return "unknown";
  }
}

/** It returns the exact versions of what was compared: `ws`, and the peers where they are installed. */
export function versions(): Record<string, string> {
  const found: Record<string, string> = { ws: packageVersion("../../../node_modules/ws/package.json") ?? "unknown" };
  const peers = readJson("../../peers/package.json")?.dependencies as Record<string, string> | undefined;
  for (const name of Object.keys(peers ?? {})) {
    const version = packageVersion(`../../peers/node_modules/${name}/package.json`);
    if (version !== undefined) found[name] = version;
  }
  return found;
}

function packageVersion(path: string): string | undefined {
  return readJson(path)?.version as string | undefined;
}

function readJson(path: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
