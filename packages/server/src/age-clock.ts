import type { Millis, Runtime } from "./runtime.ts";

/** So much faster than time passes it comes up with a wall clock that is ahead of it. */
const CATCH_UP = 1.1;

/**
 * The time that ages are measured by. A wall clock that jumps ahead, set by hand or by a time server, makes nothing old
 * at once: an answer that was given a minute ago must be found by a repeat (rule D1). Back it is followed at once.
 */
export class AgeClock {
  readonly #runtime: Runtime;
  #believed: number;
  #readAt: Millis;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#believed = runtime.wallTime();
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
