/** These are the times after which a command or a host is given up. */

/** An assigned command that its agent has not claimed after so long is `expired`, so that nothing starts late by surprise. */
export const DELIVER_WITHIN_MS = 5 * 60_000;
/** A command that waits for its host for so long is `expired`, unless the op has a time of its own. */
export const WAIT_WITHIN_MS = 60 * 60_000;
/** A host that has not reported for so long is offline. */
export const OFFLINE_AFTER_MS = 15_000;
/** A command that runs on a host that is offline for so long is `lost`. A result that comes later still counts. */
export const LOST_AFTER_MS = 24 * 60 * 60_000;
