/** Processes that a test leaves behind are ended together with their data directory. */

import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { isAbsolute } from "node:path";

/**
 * Removes a data directory once no process works in it any more. An agent outlives a server that was killed, and an op outlives
 * its agent: those that still run are asked to end, and killed after five seconds.
 */
export async function removeWithProcesses(directory: string): Promise<void> {
  if (!isAbsolute(directory)) throw new Error("every process names the empty directory");
  for (let tries = 0; tries < 100; tries += 1) {
    const left = processesNaming(directory);
    if (left.length === 0) break;
    for (const pid of left) signal(pid, tries < 50 ? "SIGTERM" : "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** Finds the processes whose command line names the directory. Elsewhere than on Linux it finds none. */
function processesNaming(directory: string): readonly number[] {
  const pids = existsSync("/proc/self/cmdline") ? readdirSync("/proc").filter((name) => /^\d+$/.test(name)) : [];
  return pids.map(Number).filter((pid) => commandLine(pid).includes(directory));
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return ""; // It has ended meanwhile.
  }
}
