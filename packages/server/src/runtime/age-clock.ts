/** The age clock is the time that ages are measured by; a wall clock that jumps ahead makes nothing old at once. */

import type { Millis } from "@neverstale/base";
import type { Runtime } from "./runtime.ts";

/**
 * A wall clock may be set ahead by hand, or by a time server. An answer that was given a minute ago must still be found by a
 * repeat (rule D1). A clock that is set back is followed at once. After a restart it goes on from the newest entry of the chain, since
 * nobody knows then whether time has passed or the clock was set.
 */
export class AgeClock {
  readonly #runtime: Runtime;
  #believed: number;
  #readAt: Millis;

  /** `ageAt` is what the store was read with. */
  constructor(runtime: Runtime, ageAt: number | null) {
    this.#runtime = runtime;
    this.#believed = Math.min(runtime.wallTime(), ageAt ?? Number.POSITIVE_INFINITY);
    this.#readAt = runtime.now();
  }

  /** It tells the time while the wall clock says `wall`. Both are in milliseconds since 1970. */
  read(wall: number): number {
    const now = this.#runtime.now();
    this.#believed = Math.min(wall, this.#believed + (now - this.#readAt) * CATCH_UP);
    this.#readAt = now;
    return this.#believed;
  }
}

/** It catches up so much faster than time passes with a wall clock that is ahead of it. */
export const CATCH_UP = 1.1;
