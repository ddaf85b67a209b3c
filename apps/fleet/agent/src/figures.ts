import type { Reading } from "@neverstale/fleet-domain";

/** Processor time since boot, in whatever unit: only the ratio of two differences is used. */
export interface CpuTime {
  readonly busy: number;
  readonly all: number;
}

/** The first line of /proc/stat: user nice system idle iowait irq softirq steal guest guest_nice. Null when it isn't there. */
export function cpuTimeOf(procStat: string): CpuTime | null {
  const line = /^cpu +([\d ]+)$/m.exec(procStat)?.[1];
  if (line === undefined) return null;
  const fields = line.split(" ").slice(0, 8).map(Number); // The guests' time is in user and nice already.
  const all = fields.reduce((sum, ticks) => sum + ticks, 0);
  return { busy: all - (fields[3] ?? 0) - (fields[4] ?? 0), all };
}

/** Percent between two readings; null when no time passed. */
export function cpuPercent(before: CpuTime, after: CpuTime): number | null {
  const all = after.all - before.all;
  return all > 0 ? percent(after.busy - before.busy, all) : null;
}

/** `ram` and `swap` in percent, from /proc/meminfo; a machine without swap has no `swap`. */
export function memoryOf(meminfo: string): Pick<Reading, "ram" | "swap"> {
  const kib = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB$`, "m").exec(meminfo)?.[1] ?? 0);
  const [total, available, swap] = [kib("MemTotal"), kib("MemAvailable"), kib("SwapTotal")];
  return {
    ...(total > 0 && { ram: percent(total - available, total) }),
    ...(swap > 0 && { swap: percent(swap - kib("SwapFree"), swap) }),
  };
}

/** Counted as `df` does: what only root may fill is not part of the whole. */
export function diskPercent(sizes: {
  readonly blocks: number;
  readonly bfree: number;
  readonly bavail: number;
}): number | null {
  const used = sizes.blocks - sizes.bfree;
  const all = used + sizes.bavail;
  return all > 0 ? percent(used, all) : null;
}

/** 0 to 100, to a tenth. */
export function percent(part: number, whole: number): number {
  return Math.min(100, Math.max(0, Math.round((1000 * part) / whole) / 10));
}
