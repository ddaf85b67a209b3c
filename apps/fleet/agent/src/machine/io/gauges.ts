/** The gauges read the load of this machine. A reading costs the event loop well under a millisecond. */

import { readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import * as os from "node:os";
import { join } from "node:path";
import type { HostReading } from "@neverstale/fleet-domain";
import { type CpuTime, cpuPercent, cpuTimeOf, diskPercent, memoryOf, percent } from "../figures.ts";

export class Gauges {
  readonly #proc: string;
  #cpu: CpuTime | null = null;
  #disk: number | null = null;
  #diskAsked = false;

  /** The kernel tells of itself in the directory `proc`. */
  constructor(proc = "/proc") {
    this.#proc = proc;
  }

  /** A figure that this machine doesn't tell is left out. It is never a reason to end. */
  read(): HostReading {
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
    this.#cpu = null; // When it can't be read now, the next figure begins anew.
    const after = cpuTime(this.#proc);
    this.#cpu = after;
    return before === null || after === null ? null : cpuPercent(before, after);
  }

  #memory(): Pick<HostReading, "ram" | "swap"> {
    if (process.platform === "linux") return memoryOf(readFileSync(join(this.#proc, "meminfo"), "utf8"));
    return { ram: percent(os.totalmem() - os.freemem(), os.totalmem()) };
  }

  /** The next reading uses the answer. A file system that hangs is not asked a second time. */
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
