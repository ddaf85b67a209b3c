import type { Millis } from "@neverstale/base";
import type { Runtime } from "./runtime.ts";

/** So much faster than time passes it comes up with a wall clock that is ahead of it. */
export const CATCH_UP = 1.1;

/**
 * The time that ages are measured by. A wall clock that jumps ahead, set by hand or by a time server, makes nothing old
 * at once: an answer that was given a minute ago must be found by a repeat (rule D1). Back it is followed at once. It goes
 * on from the newest answer, since after a restart nobody knows whether time has passed or the clock was set.
 */
export class AgeClock {
  readonly #runtime: Runtime;
  #believed: number;
  #readAt: Millis;

  /** `newestAnswerAt`: as the store was opened with. */
  constructor(runtime: Runtime, newestAnswerAt: number | null) {
    this.#runtime = runtime;
    this.#believed = Math.min(runtime.wallTime(), newestAnswerAt ?? Number.POSITIVE_INFINITY);
    this.#readAt = runtime.now();
  }

  /** At a wall clock that says `wall`, in ms since 1970 like the answer. */
  read(wall: number): number {
    const now = this.#runtime.now();
    this.#believed = Math.min(wall, this.#believed + (now - this.#readAt) * CATCH_UP);
    this.#readAt = now;
    return this.#believed;
  }
}
