import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import * as os from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Reading } from "@neverstale/fleet-domain";
import type { Machine, UserLookup } from "../commands/plan.ts";
import { type CpuTime, cpuPercent, cpuTimeOf, diskPercent, memoryOf, percent } from "../policy/figures.ts";

/** The load of this machine. Each reading costs the event loop well under a millisecond. */
export class Gauges {
  readonly #proc: string;
  #cpu: CpuTime | null = null;
  #disk: number | null = null;
  #diskAsked = false;

  /** `proc`: where the kernel tells of itself. */
  constructor(proc = "/proc") {
    this.#proc = proc;
  }

  /** Whatever this machine doesn't say is absent: a figure is never a reason to end. */
  read(): Reading {
    this.#askDisk();
    const cpu = figure(() => this.#cpuSince());
    const load1 = process.platform === "win32" ? null : figure(() => os.loadavg()[0] ?? null);
    const uptimeS = figure(() => Math.floor(os.uptime()));
    return {
      ...(cpu !== null && { cpu }),
      ...figure(() => this.#memory()),
      ...(load1 !== null && { load1 }),
      ...(this.#disk !== null && { disk: this.#disk }),
      ...(uptimeS !== null && { uptimeS }),
    };
  }

  #cpuSince(): number | null {
    const before = this.#cpu;
    this.#cpu = null; // What can't be read now has no part in the next figure.
    const after = cpuTime(this.#proc);
    this.#cpu = after;
    return before === null || after === null ? null : cpuPercent(before, after);
  }

  #memory(): Pick<Reading, "ram" | "swap"> {
    if (process.platform === "linux") return memoryOf(readFileSync(join(this.#proc, "meminfo"), "utf8"));
    return { ram: percent(os.totalmem() - os.freemem(), os.totalmem()) };
  }

  /** The answer is used by the next reading; a file system that hangs is not asked a second time. */
  #askDisk(): void {
    if (this.#diskAsked) return;
    this.#diskAsked = true;
    statfs("/").then(
      (sizes) => {
        this.#disk = diskPercent(sizes);
        this.#diskAsked = false;
      },
      () => {
        this.#disk = null;
        this.#diskAsked = false;
      },
    );
  }
}

/** What the agent's file is carried out with on this machine. */
export const machine: Machine = {
  places: { node: process.execPath, shipped: fileURLToPath(new URL("../../ops", import.meta.url)) },
  lookUpUser,
};

/** Where the file is that counts on a host that has none of its own. */
export const SHIPPED_AGENT_FILE = fileURLToPath(new URL("../../agent.yaml", import.meta.url));

function lookUpUser(name: string): ReturnType<UserLookup> {
  const [uid, gid] = [idOf("-u", name), idOf("-g", name)];
  if (uid === null || gid === null) return { problem: `this host has no user ${name}` };
  const own = process.getuid?.();
  if (own === uid) return { user: null };
  return own === 0
    ? { user: { uid, gid } }
    : { problem: `the agent can't switch to the user ${name}: it doesn't run as root` };
}

function idOf(which: "-u" | "-g", name: string): number | null {
  const { status, stdout } = spawnSync("id", [which, "--", name], { encoding: "utf8", timeout: 5_000 });
  const id = stdout?.trim() ?? "";
  return status === 0 && /^\d+$/.test(id) ? Number(id) : null;
}

function cpuTime(proc: string): CpuTime | null {
  if (process.platform === "linux") return cpuTimeOf(readFileSync(join(proc, "stat"), "utf8"));
  const times = os.cpus().map((cpu) => cpu.times);
  const all = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0);
  return { busy: all - times.reduce((sum, { idle }) => sum + idle, 0), all };
}

function figure<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
