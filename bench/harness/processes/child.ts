/** The harness starts its processes as children, and ends them with whatever they started. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { type Api, callsTo, type Remote } from "./rpc.ts";

export interface ChildOptions {
  readonly name: string;
  /** The child runs this module, which is relative to `bench/harness`. */
  readonly module: string;
  /** It may run on this core, and null stands for all. It is ignored where there is only one core, or no `taskset`. */
  readonly core: number | null;
  /** True runs the engine from this workspace's sources. Some peers' sources answer to the same condition, and must not. */
  readonly engine: boolean;
  /** These words are put before the command: `strace`, for instance. */
  readonly under?: readonly string[];
  /** This program runs the module instead of this Node, whose options it does not know. */
  readonly program?: string;
}

export interface Child<A extends Api> {
  readonly call: Remote<A>;
  readonly pid: number;
  /** It ends the process and those that it started, and resolves when the process has ended. */
  stop(): Promise<void>;
  /** It ends the process as a power cut would, as far as a process can tell. */
  kill(): Promise<void>;
}

const OPEN_FILES = 20_000;
const STOP_AFTER_MS = 5_000;

const canPin = availableParallelism() > 1 && spawnSync("taskset", ["--version"]).status === 0;
const running = new Set<ChildProcess>();

process.on("exit", () => {
  for (const child of running) killGroup(child);
});
process.on("SIGTERM", () => process.exit(143));
process.on("SIGINT", () => process.exit(130));

export function pinning(): string {
  return canPin ? "server on all cores, in W2 on core 0, load on core 1 (taskset)" : "not pinned";
}

export function startChild<A extends Api>({ name, module, core, engine, under = [], program }: ChildOptions): Child<A> {
  const path = fileURLToPath(new URL(`../${module}`, import.meta.url));
  const options = [...(engine ? ["--conditions=source"] : []), "--expose-gc", "--no-warnings"];
  const node = program === undefined ? [process.execPath, ...options, path] : [program, path];
  const pinned = canPin && core !== null ? ["taskset", "-c", String(core), ...under, ...node] : [...under, ...node];
  const raised = ["-c", `ulimit -n ${OPEN_FILES} 2>/dev/null || true; exec "$@"`, "sh", ...pinned];
  const child = spawn("sh", raised, {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    detached: true,
    serialization: program === undefined ? "advanced" : "json", // The other form is Node's own.
  });
  running.add(child);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.once("exit", () => running.delete(child));
  return {
    call: callsTo<A>(child, name),
    pid: child.pid ?? 0,
    stop: () => stop(child, ended),
    kill: () => kill(child, ended),
  };
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => killGroup(child), STOP_AFTER_MS);
  await ended;
  clearTimeout(timer);
}

async function kill(child: ChildProcess, ended: Promise<void>): Promise<void> {
  killGroup(child);
  await ended;
}

/** Each child leads a group of its own, so nothing but what it started ends with it. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // The process ended between the check and the signal.
  }
}
