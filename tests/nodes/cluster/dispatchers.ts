/** Dispatchers ask for changes at a steady rate, each request under a key, and repeat what was lost until it is answered. */

import { effectPosition, nodeEnvironment, request } from "@neverstale/client";
import { WebSocket } from "ws";
import { COUNTERS, type Raise } from "./library-node.ts";

export interface DispatchRate {
  /** So often a tick begins, with so many requests at once, each of which raises so many counters. */
  readonly everyMs: number;
  readonly requests: number;
  readonly changes: number;
}

export class Dispatchers {
  /** All that was acknowledged. */
  requests = 0;
  changes = 0;
  sum = 0;
  /** Dispatches that ended with an error, or without an answer. */
  readonly failures: string[] = [];
  /** What came back for each try, also of those that were repeated. */
  readonly tries: Record<string, number> = {};
  readonly #address: string;
  readonly #rate: DispatchRate;
  readonly #underWay = new Set<Promise<void>>();
  readonly #io = nodeEnvironment({ WebSocket, fetch: (...args) => this.#try(...args) });
  #timer: NodeJS.Timeout | null = null;
  #tickBegun: () => void = () => {};
  #made = 0;
  #slowestMs = 0;
  #waiting: { readonly epoch: string; readonly resolve: (at: number) => void } | null = null;

  constructor(address: string, rate: DispatchRate) {
    this.#address = address;
    this.#rate = rate;
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(), this.#rate.everyMs);
  }

  #tick(): void {
    for (let count = 0; count < this.#rate.requests; count += 1) {
      const dispatch = this.#dispatch().finally(() => this.#underWay.delete(dispatch));
      this.#underWay.add(dispatch);
    }
    this.#tickBegun();
  }

  /** It resolves when a tick has begun, so that requests are under way. */
  untilTick(): Promise<void> {
    return new Promise((resolve) => {
      this.#tickBegun = resolve;
    });
  }

  /** It resolves when all that was asked for has ended. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await Promise.all(this.#underWay);
  }

  /** It resolves with the time at which a dispatch was answered by a writer of another epoch. */
  untilAnotherEpoch(epoch: string): Promise<number> {
    return new Promise((resolve) => {
      this.#waiting = { epoch, resolve };
    });
  }

  /** It returns how long the slowest dispatch took that was answered since this was asked last. */
  takeSlowest(): number {
    const slowest = this.#slowestMs;
    this.#slowestMs = 0;
    return slowest;
  }

  async #dispatch(): Promise<void> {
    const number = ++this.#made;
    const { changes } = this.#rate;
    const ids = Array.from({ length: changes }, (_, index) => `c${(number * changes + index) % COUNTERS}`);
    const body = { ids, by: number } satisfies Raise;
    const target = { io: this.#io, csrf: { get: async () => null }, url: `${this.#address}/raise` };
    const begun = performance.now();
    try {
      const { epoch } = effectPosition(await request(target, { ...body }));
      const now = performance.now();
      this.requests += 1;
      this.changes += changes;
      this.sum += changes * number;
      this.#slowestMs = Math.max(this.#slowestMs, now - begun);
      if (this.#waiting !== null && this.#waiting.epoch !== epoch) {
        this.#waiting.resolve(now);
        this.#waiting = null;
      }
    } catch (error) {
      this.failures.push(String(error));
    }
  }

  async #try(...args: Parameters<typeof fetch>): Promise<Response> {
    try {
      const answer = await fetch(...args);
      this.#count(String(answer.status));
      return answer;
    } catch (error) {
      this.#count("no answer");
      throw error;
    }
  }

  #count(what: string): void {
    this.tries[what] = (this.tries[what] ?? 0) + 1;
  }
}
