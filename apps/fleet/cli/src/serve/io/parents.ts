/** A server that a package runner started ends with that runner. */

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";

const LOOK_MS = 500;
/** npm, a shell and others may stand between. */
const MAX_DEPTH = 5;
const RUNNER = /\b(npm|npx|pnpm|yarn|bun)\b/;

/**
 * Calls `onGone` once when the package runner that started this process, or a shell between the two, has ended. These pass on
 * no signal that kills them, and a server that lives on would hold its port with nobody to stop it. A process that was started
 * directly is left alone, and so is one that a script put into the background.
 */
export function watchParents(env: NodeJS.ProcessEnv, onGone: () => void): void {
  const launcher = Number(env.NEVERSTALE_LAUNCHER ?? 0);
  if (!isRunByScript(env) && launcher !== process.ppid) return;
  const parent = process.ppid;
  let watched: readonly Seen[] = [];
  ancestors(parent).then((found) => {
    watched = found;
  }, ignore);
  const timer = setInterval(() => {
    if (process.ppid === parent && isAlive(parent) && watched.every(isStill)) return;
    clearInterval(timer);
    onGone();
  }, LOOK_MS);
  timer.unref();
}

/** A script that ends in `&` wants its server to outlive it. */
function isRunByScript(env: NodeJS.ProcessEnv): boolean {
  return env.npm_lifecycle_event !== undefined && !(env.npm_lifecycle_script ?? "").trimEnd().endsWith("&");
}

/** A process is remembered as it was seen first: its id may be given to another one later. */
interface Seen {
  readonly pid: number;
  /** This tells when it was started, where the system says so. */
  readonly started: string | null;
  readonly command: string;
  readonly parent: number;
}

/** Returns the processes from the parent up to the runner, or the parent alone when no runner is found. */
async function ancestors(parent: number): Promise<readonly Seen[]> {
  const found: Seen[] = [];
  for (let pid = parent; pid > 1 && found.length < MAX_DEPTH; ) {
    const seen = await look(pid);
    if (seen === null) break;
    found.push(seen);
    if (RUNNER.test(seen.command)) return found;
    pid = seen.parent;
  }
  return found.slice(0, 1);
}

async function look(pid: number): Promise<Seen | null> {
  if (process.platform === "linux") return seenInProc(pid);
  const text =
    process.platform === "win32" ? await askWindows(pid) : await run("ps", ["-o", "ppid=,command=", "-p", `${pid}`]);
  const [, parent, command] = /^\s*(\d+)\s+(.*)/.exec(text) ?? [];
  return parent === undefined ? null : { pid, started: null, command: command ?? "", parent: Number(parent) };
}

function seenInProc(pid: number): Seen | null {
  try {
    // The name of the program stands in parentheses and may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    const [state, parent] = fields;
    if (state === "Z" || state === "X") return null;
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    return { pid, started: fields[19] ?? null, command, parent: Number(parent) };
  } catch {
    return null; // The process has ended.
  }
}

function isStill({ pid, started }: Seen): boolean {
  return process.platform === "linux" ? seenInProc(pid)?.started === started : isAlive(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function askWindows(pid: number): Promise<string> {
  const query = `$p = Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}'; "$($p.ParentProcessId) $($p.CommandLine)"`;
  return run("powershell.exe", ["-NoProfile", "-NonInteractive", "-Command", query]);
}

/** Resolves with what the program prints, or with nothing when it fails. */
function run(file: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(file, args, { timeout: 10_000, windowsHide: true }, (error, out) => resolve(error === null ? out : ""));
  });
}

function ignore(): void {}
