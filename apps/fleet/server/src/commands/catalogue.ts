/** The catalogue holds the pipelines that may be dispatched, and how long a command may wait. */

/** Each pipeline has a name, and an op for each stage. */
export const PIPELINES: ReadonlyMap<string, readonly string[]> = new Map([["health", ["uptime", "disk", "memory"]]]);

/** An assigned command that its agent has not claimed after so long is `expired`, so that nothing starts late by surprise. */
export const DELIVER_WITHIN_MS = 5 * 60_000;
/** A command that waits for a busy host for so long is `expired`. */
export const WAIT_WITHIN_MS = 60 * 60_000;
/** A host that has not reported for so long is offline. */
export const OFFLINE_AFTER_MS = 15_000;
/** A command that runs on a host that is offline for so long is `lost`. A result that comes later still counts. */
export const LOST_AFTER_MS = 24 * 60 * 60_000;
