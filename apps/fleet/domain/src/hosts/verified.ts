/** A check that its agent repeats is verified for some intervals, and not longer. */

import type { HostCheck } from "./host.ts";

/** After so many intervals without a word nobody knows how it is. */
export const VERIFIED_INTERVALS = 3;

/** A time that lies in the future says that a clock was set back: nothing is known by it either. */
export function isVerified({ checkedAt, everyMs }: Pick<HostCheck, "checkedAt" | "everyMs">, nowMs: number): boolean {
  return everyMs === undefined || Math.abs(nowMs - Date.parse(checkedAt)) <= VERIFIED_INTERVALS * everyMs;
}
