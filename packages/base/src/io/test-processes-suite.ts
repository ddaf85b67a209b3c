/** Processes that a test has started are ended and waited for before their directory is removed. */

import type { ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { isAbsolute } from "node:path";

/** It ends a process that may have ended already, and resolves with its status or its signal once it is gone. */
export async function ended(
  running: ChildProcess | null,
  signal: NodeJS.Signals = "SIGKILL",
): Promise<number | NodeJS.Signals | null> {
  // A process that could not be started has no number, and never tells of an end.
  if (running === null || running.pid === undefined) return null;
  if (running.exitCode === null && running.signalCode === null) {
    const gone = new Promise((resolve) => running.once("exit", resolve));
    running.kill(signal);
    await gone;
  }
  return running.exitCode ?? running.signalCode;
}

/**
 * It removes a directory once no process works in it any more. A process may outlive the one that started it: an agent outlives a
 * server that was killed, an op outlives its agent, and a program outlives the shell or the `strace` around it. All those whose
 * command line or working directory names the directory are asked to end, and are killed after five seconds. Elsewhere than on
 * Linux nobody tells who they are, so whoever started a process ends it first, by `ended`.
 */
export async function removeWithProcesses(directory: string): Promise<void> {
  if (!isAbsolute(directory)) throw new Error("every process names the empty directory");
  const begunAt = performance.now();
  const found = new Set<number>();
  for (;;) {
    for (const pid of processesIn(directory)) found.add(pid);
    const left = [...found].filter(runs);
    const tookMs = performance.now() - begunAt;
    if (left.length === 0) break;
    if (tookMs > GIVE_UP_MS) throw new Error(`processes ${left.join(", ")} in ${directory} could not be ended`);
    for (const pid of left) signalTo(pid, tookMs < KILL_AFTER_MS ? "SIGTERM" : "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

const KILL_AFTER_MS = 5_000;
const GIVE_UP_MS = 120_000;

function processesIn(directory: string): readonly number[] {
  const pids = existsSync("/proc/self/cmdline") ? readdirSync("/proc").filter((name) => /^\d+$/.test(name)) : [];
  return pids.map(Number).filter((pid) => pid !== process.pid && worksIn(pid, directory));
}

function worksIn(pid: number, directory: string): boolean {
  const commandLine = read(() => readFileSync(`/proc/${pid}/cmdline`, "utf8"));
  const workingDirectory = read(() => readlinkSync(`/proc/${pid}/cwd`));
  return commandLine.includes(directory) || `${workingDirectory}/`.startsWith(`${directory}/`);
}

/**
 * A process runs while one of its threads does: its first one may have ended while another one still writes. One that has ended and
 * that nobody has asked how does not run. Elsewhere than on Linux nobody tells.
 */
export function runs(pid: number): boolean {
  const threads = read(() => readdirSync(`/proc/${pid}/task`).join(" "));
  return threads.split(" ").some((thread) => {
    const stat = read(() => readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8"));
    return stat !== "" && !/\) [ZX] /.test(stat);
  });
}

/** It returns an empty text for a process that has ended, or that is somebody else's. */
function read(what: () => string): string {
  try {
    return what();
  } catch {
    return "";
  }
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
