/** The pipelines that may be dispatched, by name: the op of each stage. */
export const PIPELINES: ReadonlyMap<string, readonly string[]> = new Map([["health", ["uptime", "disk", "memory"]]]);

/** An assigned command that its agent has not claimed by then is `expired`: it never starts late by surprise. */
export const DELIVER_WITHIN_MS = 5 * 60_000;
/** The same for one that waits for a busy host. */
export const WAIT_WITHIN_MS = 60 * 60_000;
/** A host that has not reported for so long is offline. */
export const OFFLINE_AFTER_MS = 15_000;
/** What ran on a host that is offline for so long is `lost`; a result that comes later still counts. */
export const LOST_AFTER_MS = 24 * 60 * 60_000;
