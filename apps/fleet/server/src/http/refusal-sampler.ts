/** The sampler decides which of many equal lines are logged: a few of each key. */

import { Throttle, type ThrottleOptions } from "./throttle.ts";

export class RefusalSampler {
  readonly #each: Throttle;
  readonly #all: Throttle;
  readonly #leftOut = new Map<string, number>();
  readonly metrics = { logRefusalsLeftOut: 0 };

  constructor({ each = EACH, all = ALL }: { readonly each?: ThrottleOptions; readonly all?: ThrottleOptions } = {}) {
    this.#each = new Throttle(each);
    this.#all = new Throttle(all);
  }

  /**
   * It returns how many lines of that key were left out since the last that was logged, or null when this one is left out as well.
   */
  sample(key: string, nowMs: number): number | null {
    const isLogged = this.#each.take(key, nowMs) === 0 && this.#all.take("", nowMs) === 0;
    const before = this.#leftOut.get(key) ?? 0;
    this.#leftOut.delete(key);
    if (isLogged) return before;
    this.metrics.logRefusalsLeftOut += 1;
    this.#leftOut.set(key, before + 1);
    const [oldest] = this.#leftOut.keys();
    if (this.#leftOut.size > MAX_KEYS && oldest !== undefined) this.#leftOut.delete(oldest);
    return null;
  }
}

/** So many lines of one key are worth reading. */
const EACH: ThrottleOptions = { burst: 20, perSecond: 0.2 };
/** So many lines of all keys together are worth reading. */
const ALL: ThrottleOptions = { burst: 500, perSecond: 20 };
/** Lines left out are counted for each of so many keys. Those of other keys are counted in all only. */
const MAX_KEYS = 10_000;
