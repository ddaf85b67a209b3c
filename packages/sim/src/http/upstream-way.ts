/** An upstream way leads from a cache to what stands behind it, and is always well. */

import { Lane, type Weather } from "../network/lane.ts";
import type { Random } from "../plan/random.ts";
import type { SimClock } from "../world/clock.ts";
import { SimExchange } from "./exchange.ts";
import type { AnswerSink, HttpEnd, SimAsk, Trip } from "./http-end.ts";

export class UpstreamWay implements HttpEnd {
  readonly #clock: SimClock;
  readonly #random: Random;
  readonly #weather: Weather;
  readonly #end: HttpEnd;
  #count = 0;

  constructor(clock: SimClock, random: Random, latencyMs: number, end: HttpEnd) {
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
    return new SimExchange(lanes, this.#end, ask, sink);
  }
}
