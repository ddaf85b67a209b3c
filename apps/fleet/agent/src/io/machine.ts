import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import * as os from "node:os";
import { fileURLToPath } from "node:url";
import type { Reading } from "@neverstale/fleet-domain";
import { type CpuTime, cpuPercent, cpuTimeOf, diskPercent, memoryOf, percent } from "../figures.ts";
import type { Machine, UserLookup } from "../plan.ts";

/** The load of this machine. Each reading costs the event loop well under a millisecond. */
export class Gauges {
  #cpu: CpuTime | null = null;
  #disk: number | null = null;
  #diskAsked = false;

  read(): Reading {
    this.#askDisk();
    const cpu = this.#cpuSince();
    return {
      ...(cpu !== null && { cpu }),
      ...memory(),
      ...(process.platform !== "win32" && { load1: os.loadavg()[0] ?? 0 }),
      ...(this.#disk !== null && { disk: this.#disk }),
      uptimeS: Math.floor(os.uptime()),
    };
  }

  #cpuSince(): number | null {
    const [before, after] = [this.#cpu, cpuTime()];
    this.#cpu = after;
    return before === null || after === null ? null : cpuPercent(before, after);
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

function cpuTime(): CpuTime | null {
  if (process.platform === "linux") return cpuTimeOf(readFileSync("/proc/stat", "utf8"));
  const times = os.cpus().map((cpu) => cpu.times);
  const all = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0);
  return { busy: all - times.reduce((sum, { idle }) => sum + idle, 0), all };
}

function memory(): Pick<Reading, "ram" | "swap"> {
  if (process.platform === "linux") return memoryOf(readFileSync("/proc/meminfo", "utf8"));
  return { ram: percent(os.totalmem() - os.freemem(), os.totalmem()) };
}
