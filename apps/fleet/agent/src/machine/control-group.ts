/** A control group (version 2) bounds what its processes may use, as in a container or in a unit of systemd. */

import type { HostReading } from "@neverstale/fleet-domain";
import { percent } from "./figures.ts";

/** Reads /proc/self/cgroup. Returns the path of the group, or null where there is none of version 2. */
export function groupPathOf(procCgroup: string): string | null {
  return /^0::(\/.*)$/m.exec(procCgroup)?.[1] ?? null;
}

/** These are the files of the group, and null where they are not there: the topmost group has none. */
export interface GroupFiles {
  readonly cpuMax: string | null;
  readonly memoryMax: string | null;
  readonly memoryCurrent: string | null;
  readonly memoryStat: string | null;
}

type Allowed = Pick<HostReading, "coresAllowed" | "memoryAllowed" | "memoryOfAllowed">;

/** Where the group says `max` there is no limit. What the kernel may take back at once is not in use. */
export function allowedOf({ cpuMax, memoryMax, memoryCurrent, memoryStat }: GroupFiles): Allowed {
  const [quota, period] = (cpuMax ?? "").trim().split(" ").map(Number);
  const hasQuota = quota !== undefined && period !== undefined && quota > 0 && period > 0;
  const memoryAllowed = numberOf(memoryMax);
  const idle = Number(/^inactive_file (\d+)$/m.exec(memoryStat ?? "")?.[1] ?? 0);
  const inUse = numberOf(memoryCurrent);
  return {
    ...(hasQuota && { coresAllowed: Math.round((100 * quota) / period) / 100 }),
    ...(memoryAllowed !== null && { memoryAllowed }),
    ...(memoryAllowed !== null &&
      inUse !== null && { memoryOfAllowed: percent(Math.max(0, inUse - idle), memoryAllowed) }),
  };
}

function numberOf(text: string | null): number | null {
  return text !== null && /^\d+\s*$/.test(text) && Number(text) > 0 ? Number(text) : null;
}
