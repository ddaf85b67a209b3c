/** Processes that a run of the tests leaves behind are found and ended. */

import { existsSync, readdirSync, readFileSync } from "node:fs";

/**
 * It ends the processes of a run that are still there after it, and returns their command lines. Only Linux tells who
 * they are. Elsewhere none is found.
 */
export async function endLeftovers(run: string): Promise<string[]> {
  const giveUpAt = performance.now() + GRACE_MS;
  while (processesOf(run).length > 0 && performance.now() < giveUpAt)
    await new Promise((resolve) => setTimeout(resolve, 100));
  const left = processesOf(run);
  const commands = left.map((pid) => `${pid} ${read(pid, "cmdline").replaceAll("\0", " ")}`);
  for (const pid of left) kill(pid);
  return commands;
}

/**
 * Every process that a run of the tests starts has the run's own name in this variable, and so have those that these
 * start.
 */
export const RUN_VARIABLE = "NEVERSTALE_TEST_RUN";

/** A process that has been told to end may take so long. */
const GRACE_MS = 15_000;

function processesOf(run: string): number[] {
  if (!existsSync("/proc/self/environ")) return [];
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  const mark = `${RUN_VARIABLE}=${run}`;
  return pids.filter((pid) => pid !== process.pid && read(pid, "environ").split("\0").includes(mark));
}

/** It returns an empty text for a process that has ended, or that is somebody else's. */
function read(pid: number, file: "environ" | "cmdline"): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
