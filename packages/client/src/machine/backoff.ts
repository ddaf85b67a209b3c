import type { Millis } from "./sync-state.ts";

const BACKOFF_FIRST_MS = 500;
export const BACKOFF_MAX_MS = 30_000;
/** While somebody may be looking at it. */
export const BACKOFF_SEEN_MAX_MS = 5_000;

/** Exponential with full jitter (rule R6): anything up to 0.5 s after the first failure, up to `maxMs` after many. */
export function backoffMs(failures: number, chance: number, maxMs: Millis = BACKOFF_MAX_MS): Millis {
  return chance * Math.min(maxMs, BACKOFF_FIRST_MS * 2 ** Math.min(failures - 1, 16));
}
