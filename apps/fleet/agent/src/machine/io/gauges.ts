/** The gauges read the load of this machine. A reading costs the event loop well under a millisecond. */

import { readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import * as os from "node:os";
import { join } from "node:path";
import type { HostReading } from "@neverstale/fleet-domain";
import { allowedOf, groupPathOf } from "../control-group.ts";
import { type CpuTime, cpuPercent, cpuTimeOf, diskPercent, memoryOf, percent } from "../figures.ts";
import { mountPathsOf, toldFileSystems } from "../file-systems.ts";
import { diskBytesOf, netBytesOf, ratesBetween, type Traffic } from "../traffic.ts";

export class Gauges {
  readonly #proc: string;
  readonly #groups: string;
  #cpu: CpuTime | null = null;
  #traffic: { readonly counts: Partial<Traffic>; readonly at: number } | null = null;
  /** By its path it is how full each file system was when it answered last. */
  readonly #used = new Map<string, number>();
  readonly #asked = new Set<string>();

  /** The kernel tells of itself in the directory `proc`, and of control groups in `groups`. */
  constructor(proc = "/proc", groups = "/sys/fs/cgroup") {
    this.#proc = proc;
    this.#groups = groups;
  }

  /** A figure that this machine doesn't tell is left out. It is never a reason to end. */
  read(): HostReading {
    this.#askFileSystems();
    const cpu = figure(() => this.#cpuSince());
    const load1 = process.platform === "win32" ? null : figure(() => os.loadavg()[0] ?? null);
    const uptimeS = figure(() => Math.floor(os.uptime()));
    const cores = figure(() => os.cpus().length);
    return {
      ...(cpu !== null && { cpu }),
      ...figure(() => this.#memory()),
      ...(load1 !== null && { load1 }),
      ...toldFileSystems(this.#used),
      ...figure(() => this.#ratesSince()),
      ...(cores !== null && cores > 0 && { cores }),
      ...figure(() => this.#allowed()),
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
    if (process.platform === "linux") return memoryOf(this.#file("meminfo"));
    return { ram: percent(os.totalmem() - os.freemem(), os.totalmem()) };
  }

  #file(name: string): string {
    return readFileSync(join(this.#proc, name), "utf8");
  }

  #ratesSince(): Pick<HostReading, keyof Traffic> {
    const before = this.#traffic;
    const at = performance.now();
    const counts = {
      ...figure(() => netBytesOf(this.#file("net/dev"))),
      ...figure(() => diskBytesOf(this.#file("diskstats"))),
    };
    this.#traffic = { counts, at };
    return before === null ? {} : ratesBetween(before.counts, counts, at - before.at);
  }

  #allowed(): ReturnType<typeof allowedOf> {
    const group = groupPathOf(this.#file("self/cgroup"));
    if (group === null) return {};
    const read = (name: string) => figure(() => readFileSync(join(this.#groups, group, name), "utf8"));
    const memoryMax = read("memory.max");
    const isBound = memoryMax !== null && /^\d/.test(memoryMax);
    return allowedOf({
      cpuMax: read("cpu.max"),
      memoryMax,
      memoryCurrent: isBound ? read("memory.current") : null,
      memoryStat: isBound ? read("memory.stat") : null,
    });
  }

  /** The next reading uses the answers. A file system that hangs is not asked a second time, and one that is gone is told of no more. */
  #askFileSystems(): void {
    const paths = figure(() => mountPathsOf(this.#file("self/mounts"))) ?? [];
    const there = new Set(paths.length === 0 ? ["/"] : paths);
    for (const path of this.#used.keys()) if (!there.has(path)) this.#used.delete(path);
    for (const path of there) if (!this.#asked.has(path)) this.#ask(path);
  }

  #ask(path: string): void {
    this.#asked.add(path);
    statfs(path).then(
      (sizes) => {
        const used = diskPercent(sizes);
        if (used === null) this.#used.delete(path);
        else this.#used.set(path, used);
        this.#asked.delete(path);
      },
      () => {
        this.#used.delete(path);
        this.#asked.delete(path);
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
