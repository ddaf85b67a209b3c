/** A lane is one direction of a TCP connection: everything arrives, in order, or from some point on nothing does. */

import type { Timer, VirtualClock } from "@neverstale/base";
import type { Random } from "../plan/random.ts";

export class Lane {
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #weather: Weather;
  #parcels: Parcel[] = [];
  /** So many bytes were sent and have not arrived. */
  waitingBytes = 0;
  sentBytes = 0;
  #timer: Timer | null = null;
  #lastAt = 0;
  /** These are the reasons why nothing arrives for now. */
  readonly #holds = new Set<string>();
  #sealed = false;

  constructor(clock: VirtualClock, random: Random, weather: Weather) {
    this.#clock = clock;
    this.#random = random;
    this.#weather = weather;
  }

  send(sizeBytes: number, deliver: (sentAt: number) => void): void {
    this.waitingBytes += sizeBytes;
    this.sentBytes += sizeBytes;
    if (this.#sealed) return;
    const { latencyMs, jitterMs } = this.#weather;
    const sentAt = this.#clock.now;
    const earliest = sentAt + latencyMs + Math.floor(jitterMs * this.#random.next());
    this.#parcels.push({ sizeBytes, sentAt, earliest, deliver });
    this.#schedule();
  }

  /** Nothing arrives until the same `why` is released, because the network is stuck or the reader doesn't read. */
  hold(why: string): void {
    this.#holds.add(why);
    this.#timer?.cancel();
    this.#timer = null;
  }

  release(why: string): void {
    this.#holds.delete(why);
    this.#schedule();
  }

  /** The weather is another one now, also for what is under way. */
  weatherChanged(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#schedule();
  }

  /** From here on nothing that is sent arrives, and nobody says so. It fills the buffers of the sender. */
  seal(): void {
    this.#sealed = true;
  }

  get sealed(): boolean {
    return this.#sealed;
  }

  /**
   * The connection is cut behind so many bytes of what is under way. What isn't whole by then is lost. It returns true
   * when the cut falls within a frame.
   */
  cutAfter(bytes: number): boolean {
    let left = bytes;
    for (const [index, { sizeBytes }] of this.#parcels.entries()) {
      if (left < sizeBytes) {
        this.#drop(index);
        return left > 0;
      }
      left -= sizeBytes;
    }
    return false;
  }

  #drop(from: number): void {
    this.#parcels.length = from;
    if (from > 0) return;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #schedule(): void {
    const next = this.#parcels[0];
    if (next === undefined || this.#timer !== null || this.#holds.size > 0) return;
    const at = Math.max(this.#clock.now, next.earliest, this.#lastAt) + next.sizeBytes / this.#weather.rate;
    this.#timer = this.#clock.after(at - this.#clock.now, () => this.#arrive(next));
  }

  #arrive(parcel: Parcel): void {
    this.#timer = null;
    this.#parcels.shift();
    this.waitingBytes -= parcel.sizeBytes;
    this.#lastAt = this.#clock.now;
    parcel.deliver(parcel.sentAt);
    this.#schedule();
  }
}

export interface Parcel {
  readonly sizeBytes: number;
  readonly sentAt: number;
  /** It can't have arrived before this moment. */
  readonly earliest: number;
  readonly deliver: (sentAt: number) => void;
}

/** The weather says how bytes travel on one client's network now. */
export interface Weather {
  latencyMs: number;
  jitterMs: number;
  /** It counts bytes for each ms. */
  rate: number;
}
