/** The traffic is what the kernel has counted of the network and of disks since the start, and how much that is a second. */

import type { Millis } from "@neverstale/base";
import type { HostReading } from "@neverstale/fleet-domain";

/** It counts bytes since the machine's start. */
export interface Traffic {
  readonly netIn: number;
  readonly netOut: number;
  readonly diskRead: number;
  readonly diskWrite: number;
}

/** Traffic of these passes a real interface as well, or never leaves the machine. */
const VIRTUAL = /^(lo$|veth|docker|br-|virbr|cni|flannel|cali|tunl|dummy|ifb)/;

/** Reads /proc/net/dev. Behind the name of an interface the first number is what came in, and the ninth is what went out. */
export function netBytesOf(procNetDev: string): Pick<Traffic, "netIn" | "netOut"> | null {
  let found = false;
  let [netIn, netOut] = [0, 0];
  for (const line of procNetDev.split("\n")) {
    const [, name = "", counts = ""] = /^\s*([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    const numbers = counts.trim().split(/\s+/).map(Number);
    if (name === "" || VIRTUAL.test(name) || numbers.length < 9) continue;
    found = true;
    netIn += numbers[0] ?? 0;
    netOut += numbers[8] ?? 0;
  }
  return found ? { netIn, netOut } : null;
}

/** Parts of a disk, and devices that lie on others, are left out: what they do is counted of the disk under them. */
const WHOLE_DISK = /^(sd[a-z]+|hd[a-z]+|vd[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+)$/;
/** The kernel counts in sectors of this size, whatever the disk has. */
const SECTOR_BYTES = 512;

/** Reads /proc/diskstats: the third word is the device, the sixth the sectors that were read, the tenth those that were written. */
export function diskBytesOf(procDiskstats: string): Pick<Traffic, "diskRead" | "diskWrite"> | null {
  const disks = procDiskstats
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , name = ""]) => WHOLE_DISK.test(name));
  if (disks.length === 0) return null;
  const sum = (field: number) => disks.reduce((bytes, words) => bytes + SECTOR_BYTES * Number(words[field] ?? 0), 0);
  return { diskRead: sum(5), diskWrite: sum(9) };
}

/** It returns bytes a second. A count that went back began anew, as when an interface is taken away: it says nothing. */
export function ratesBetween(
  before: Partial<Traffic>,
  after: Partial<Traffic>,
  elapsedMs: Millis,
): Pick<HostReading, keyof Traffic> {
  if (elapsedMs <= 0) return {};
  const rates: Partial<Record<keyof Traffic, number>> = {};
  for (const name of ["netIn", "netOut", "diskRead", "diskWrite"] as const) {
    const [from, to] = [before[name], after[name]];
    if (from !== undefined && to !== undefined && to >= from)
      rates[name] = Math.round((1_000 * (to - from)) / elapsedMs);
  }
  return rates;
}
