import type { Millis } from "./sync-state.ts";

export const BACKOFF_FIRST_MS = 500;
export const BACKOFF_MAX_MS = 30_000;

/** Exponential with full jitter (rule R6): anything up to 0.5 s after the first failure, up to 30 s after many. */
export function backoffMs(failures: number, chance: number): Millis {
  return chance * Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(failures - 1, 16));
}
