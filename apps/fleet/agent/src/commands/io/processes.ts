/** Processes of this machine are looked up, marked and signalled here. */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import type { ProcessMark } from "../process-mark.ts";

/** Returns the process that has this number now, or null. A zombie counts as gone: it runs nothing any more. */
export function markOf(pid: number): ProcessMark | null {
  const started = process.platform === "linux" ? startedOnLinux(pid) : startedElsewhere(pid);
  return started === null ? null : { pid, started };
}

/** True while that very process runs, and not a later one under its number. */
export function isAlive(mark: ProcessMark): boolean {
  return markOf(mark.pid)?.started === mark.started;
}

/** True while some process of the group runs. Elsewhere than on Linux zombies count: callers must not wait for ever. */
export function groupRuns(leader: number): boolean {
  if (!signalGroup(leader, 0)) return false;
  const processes = process.platform === "linux" ? processNames() : null;
  if (processes === null) return true;
  return processes.some((name) => {
    const fields = /^\d+$/.test(name) ? statFields(Number(name)) : null;
    return fields !== null && fields[2] === String(leader);
  });
}

export interface FoundProcess {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** It is read when it is asked for. It is empty where this process may not read it. */
  readonly env: () => readonly string[];
}

/** Returns all that run now, without zombies. Elsewhere than on Linux it returns none. */
export function processesOfLinux(): FoundProcess[] {
  if (process.platform !== "linux") return [];
  return (processNames() ?? []).flatMap((name) => {
    const fields = /^\d+$/.test(name) ? statFields(Number(name)) : null;
    if (fields === null) return [];
    const env = () => (textOf(`/proc/${name}/environ`) ?? "").split("\0");
    return [{ pid: Number(name), parent: Number(fields[1]), group: Number(fields[2]), env }];
  });
}

export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has just ended, or belongs to somebody whom this process may not signal.
  }
}

/** Null means that this system doesn't say. */
function processNames(): string[] | null {
  try {
    return readdirSync("/proc");
  } catch {
    return null;
  }
}

/** False means that there is no such group. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch {
    return false;
  }
}

/** A number and its start in ticks could come again after a reboot, so the boot id is added. */
function startedOnLinux(pid: number): string | null {
  const fields = statFields(pid);
  return fields === null ? null : `${bootId()}:${fields[19]}`;
}

/**
 * Returns the fields of /proc/PID/stat from its third on: state, parent, group, and so on. The 20th of these is the start.
 * Returns null for a zombie.
 */
function statFields(pid: number): string[] | null {
  const stat = textOf(`/proc/${pid}/stat`);
  if (stat === null) return null;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // The name before it may hold spaces and brackets.
  return fields[0] === "Z" || fields[0] === "X" ? null : fields;
}

let boot: string | null = null;

/**
 * Some kernels give no id to their boots: the time of the boot stands in for it. Where a kernel doesn't tell that either, a
 * number and its start have to do.
 */
function bootId(): string {
  boot ??=
    textOf("/proc/sys/kernel/random/boot_id")?.trim() ?? /^btime \d+$/m.exec(textOf("/proc/stat") ?? "")?.[0] ?? "";
  return boot;
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

function startedElsewhere(pid: number): string | null {
  const ps = spawnSync("ps", ["-o", "state=,lstart=", "-p", String(pid)], {
    encoding: "utf8",
    env: { LC_ALL: "C", PATH: "/bin:/usr/bin" },
  });
  const line = ps.stdout.trim();
  return line === "" || line.startsWith("Z") ? null : line.replace(/^\S+\s+/, "");
}
