/** Figures are computed from what the kernel tells of itself. */

import type { HostReading } from "@neverstale/fleet-domain";

/** The processor time since boot may be in any unit: only the ratio of two differences is used. */
export interface CpuTime {
  readonly busy: number;
  readonly all: number;
}

/**
 * Reads the first line of /proc/stat: user nice system idle iowait irq softirq steal guest guest_nice. Returns null when that
 * line isn't there.
 */
export function cpuTimeOf(procStat: string): CpuTime | null {
  const line = /^cpu +([\d ]+)$/m.exec(procStat)?.[1];
  if (line === undefined) return null;
  const fields = line.trim().split(/ +/).slice(0, 8).map(Number); // The guests' time is in user and nice already.
  const [, , , idle, ioWait = 0] = fields;
  if (idle === undefined) return null;
  const all = fields.reduce((sum, ticks) => sum + ticks, 0);
  return { busy: all - idle - ioWait, all };
}

/** Returns the percent between two readings, or null when no time passed. */
export function cpuPercent(before: CpuTime, after: CpuTime): number | null {
  const all = after.all - before.all;
  return all > 0 ? percent(after.busy - before.busy, all) : null;
}

/**
 * Reads `ram` and `swap` in percent from /proc/meminfo. A figure that it doesn't tell is left out, and so is the `swap` of a
 * machine without swap. An old kernel doesn't say what is available: free memory, buffers and the cache come close to it.
 */
export function memoryOf(meminfo: string): Pick<HostReading, "ram" | "swap"> {
  const kib = (name: string): number | null => {
    const found = new RegExp(`^${name}:\\s*(\\d+) kB\\s*$`, "m").exec(meminfo)?.[1];
    return found === undefined ? null : Number(found);
  };
  const free = kib("MemFree");
  const available = kib("MemAvailable") ?? (free === null ? null : free + (kib("Buffers") ?? 0) + (kib("Cached") ?? 0));
  return { ...share("ram", kib("MemTotal"), available), ...share("swap", kib("SwapTotal"), kib("SwapFree")) };
}

function share(name: "ram" | "swap", total: number | null, unused: number | null): Pick<HostReading, "ram" | "swap"> {
  if (total === null || total === 0 || unused === null) return {};
  return { [name]: percent(total - unused, total) };
}

/** This counts as `df` does: what only root may fill is not part of the whole. */
export function diskPercent(sizes: {
  readonly blocks: number;
  readonly bfree: number;
  readonly bavail: number;
}): number | null {
  const used = sizes.blocks - sizes.bfree;
  const all = used + sizes.bavail;
  return all > 0 ? percent(used, all) : null;
}

/** Returns 0 to 100, to a tenth. */
export function percent(part: number, whole: number): number {
  return Math.min(100, Math.max(0, Math.round((1000 * part) / whole) / 10));
}
