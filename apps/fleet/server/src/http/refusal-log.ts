/** The refusal log tells of requests that were refused or failed, within bounds, so that nobody can fill the log (C13). */

import type { Log } from "../fleet/log.ts";
import type { Clocks } from "../fleet/moment.ts";
import { addressGroup } from "./address-group.ts";
import { RefusalSampler } from "./refusal-sampler.ts";

export class RefusalLog {
  readonly #log: Log;
  readonly #steadyNow: () => number;
  readonly #sampler = new RefusalSampler();

  constructor(log: Log, { steadyNow }: Clocks) {
    this.#log = log;
    this.#steadyNow = steadyNow;
  }

  get metrics(): Readonly<Record<string, number>> {
    return this.#sampler.metrics;
  }

  /** A few refusals of one address are told each minute. The next one that is told says how many were not. */
  refused(address: string, about: object, message: string): void {
    const leftOut = this.#sampler.sample(addressGroup(address), this.#steadyNow());
    if (leftOut !== null) this.#log.warn(leftOut === 0 ? about : { ...about, leftOut }, message);
  }

  /** Failures of one kind are bounded as well, because a full disk fails all requests. */
  failed(kind: string, about: object, message: string): void {
    const leftOut = this.#sampler.sample(`failure ${kind}`, this.#steadyNow());
    if (leftOut !== null) this.#log.error(leftOut === 0 ? about : { ...about, leftOut }, message);
  }
}
