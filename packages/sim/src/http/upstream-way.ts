/** An upstream way leads from a cache to what stands behind it, and is always well. The machine at its end may lose its power. */

import type { VirtualClock } from "@neverstale/base";
import { Lane, type Weather } from "../network/lane.ts";
import type { Random } from "../plan/random.ts";
import { SimExchange } from "./exchange.ts";
import type { AnswerSink, HttpEnd, SimAsk, Trip } from "./http-end.ts";

export class UpstreamWay implements HttpEnd {
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #weather: Weather;
  readonly #end: HttpEnd;
  readonly #exchanges = new Set<SimExchange>();
  #count = 0;

  constructor(clock: VirtualClock, random: Random, latencyMs: number, end: HttpEnd) {
    this.#clock = clock;
    this.#random = random;
    this.#weather = { latencyMs, jitterMs: latencyMs, rate: Number.POSITIVE_INFINITY };
    this.#end = end;
  }

  ask(ask: SimAsk, sink: AnswerSink): Trip {
    this.#count += 1;
    const random = this.#random.fork(`${this.#count}`);
    const lane = (name: string) => new Lane(this.#clock, random.fork(name), this.#weather);
    const lanes = { up: lane("up"), down: lane("down"), kernelBytes: Number.POSITIVE_INFINITY };
    for (const old of this.#exchanges) if (old.isOver) this.#exchanges.delete(old);
    const exchange = new SimExchange(lanes, this.#end, ask, sink);
    this.#exchanges.add(exchange);
    return exchange;
  }

  /** Whoever waits for a machine that has lost its power learns of it. */
  heal(): void {
    for (const exchange of [...this.#exchanges]) if (exchange.isSick) exchange.bury();
  }
}
