/** A probe is one more host, which notes how long each of its reports takes until a dashboard shows it. */

import { setTimeout as delay } from "node:timers/promises";
import type { StateSync } from "@neverstale/fleet-client";
import { EnrollAnswer } from "@neverstale/fleet-domain";

const EVERY_MS = 200;
/** The last reports have this long to arrive. */
const LAST_MS = 10_000;

export class Probe {
  /** It holds milliseconds, one for each report that has arrived. */
  readonly took: number[] = [];
  readonly #address: string;
  readonly #hostId: string;
  readonly #credential: string;
  readonly #sync: StateSync;
  readonly #sentAt = new Map<number, number>();
  readonly #leave: () => void;
  #sent = 0;
  #isOver = false;
  readonly #reporting: Promise<void>;

  private constructor(address: string, { hostId, credential }: EnrollAnswer, sync: StateSync) {
    this.#address = address;
    this.#hostId = hostId;
    this.#credential = credential;
    this.#sync = sync;
    this.#leave = sync.subscribeRecord("metrics", hostId, () => this.#look());
    this.#reporting = this.#report();
  }

  static async enrol(address: string, token: string, sync: StateSync): Promise<Probe> {
    const facts = { hostname: "probe", os: "Linux", arch: "x64", agentVersion: "1.0.0" };
    const body = { token, nonce: "a nonce of the probe with some length", ...facts };
    return new Probe(address, EnrollAnswer.parse(await post(`${address}/agent/enroll`, body, {})), sync);
  }

  /** Returns how many reports were sent in all. */
  async end(): Promise<number> {
    this.#isOver = true;
    await this.#reporting;
    for (let waited = 0; waited < LAST_MS && this.took.length < this.#sent; waited += EVERY_MS) await delay(EVERY_MS);
    this.#leave();
    return this.#sent;
  }

  /** Its load is the number of the report, so that the dashboard's own state says which one it shows. */
  async #report(): Promise<void> {
    const headers = { authorization: `Bearer ${this.#credential}` };
    while (!this.#isOver) {
      const next = delay(EVERY_MS);
      this.#sent += 1;
      const metrics = { type: "metrics", cpu: 1, ram: 1, load1: this.#sent, disk: 1, uptimeS: this.#sent };
      this.#sentAt.set(this.#sent, performance.now());
      const body = { instance: "probe", seq: this.#sent, reports: [metrics] };
      await post(`${this.#address}/agent/reports`, body, headers);
      await next;
    }
  }

  #look(): void {
    const shown = this.#sync.state.metrics.get(this.#hostId)?.load1 ?? 0;
    for (const [number, at] of this.#sentAt) {
      if (number > shown) break; // They stand in the order in which they were sent.
      this.took.push(performance.now() - at);
      this.#sentAt.delete(number);
    }
  }
}

export function percentile(all: readonly number[], share: number): number {
  const sorted = [...all].sort((a, b) => a - b);
  return Math.round(10 * (sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN)) / 10;
}

async function post(url: string, body: object, headers: Record<string, string>): Promise<unknown> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return await answer.json();
}
