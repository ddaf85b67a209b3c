/** A test network is the way between one client and the server. A test slows it down, holds it up and cuts it. */

import type { Millis, VirtualClock } from "@neverstale/base";

export class TestNetwork {
  /** Everything takes so long in each direction, from here on. Nothing overtakes what was sent before it. */
  latencyMs: Millis = 0;
  readonly #up: Lane;
  readonly #down: Lane;
  readonly #ends = new Set<() => void>();
  #isCut = false;

  constructor(clock: VirtualClock) {
    this.#up = new Lane(clock, () => this.latencyMs);
    this.#down = new Lane(clock, () => this.latencyMs);
  }

  /** Nobody gets through, as with a cable that was pulled out. Both ends learn of it at once. */
  cut(): void {
    this.#isCut = true;
    this.#up.drop();
    this.#down.drop();
    for (const end of [...this.#ends]) end();
  }

  /** The way can be used again after a cut. The client is told as little of it as a browser is: it tries again in its own time. */
  mend(): void {
    this.#isCut = false;
  }

  /** Nothing arrives any more, and nobody is told of it, as in a train that enters a tunnel. It is kept for `release`. */
  hold(): void {
    this.#up.hold();
    this.#down.hold();
  }

  /** All that was held arrives, in its order. */
  release(): void {
    this.#up.release();
    this.#down.release();
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /** @internal */
  toServer(sizeBytes: number, arrive: () => void): void {
    if (!this.#isCut) this.#up.send(sizeBytes, arrive);
  }

  /** @internal */
  toClient(sizeBytes: number, arrive: () => void): void {
    if (!this.#isCut) this.#down.send(sizeBytes, arrive);
  }

  /** @internal So many bytes on the way to the client are held up. */
  get heldBytes(): number {
    return this.#down.heldBytes;
  }

  /** @internal `end` is called when the way is cut, until the returned function is called. */
  onCut(end: () => void): () => void {
    this.#ends.add(end);
    return () => void this.#ends.delete(end);
  }
}

/** One direction of the way: first in, first out. */
class Lane {
  readonly #clock: VirtualClock;
  readonly #latencyMs: () => Millis;
  #lastAt = 0;
  #isHeld = false;
  #underWay: Sent[] = [];

  constructor(clock: VirtualClock, latencyMs: () => Millis) {
    this.#clock = clock;
    this.#latencyMs = latencyMs;
  }

  send(sizeBytes: number, arrive: () => void): void {
    const sent: Sent = { sizeBytes, arrive, isDue: false };
    this.#underWay.push(sent);
    this.#lastAt = Math.max(this.#lastAt, this.#clock.now + this.#latencyMs());
    this.#clock.after(this.#lastAt - this.#clock.now, () => {
      sent.isDue = true;
      this.#flow();
    });
  }

  #flow(): void {
    while (!this.#isHeld && this.#underWay[0]?.isDue === true) this.#underWay.shift()?.arrive();
  }

  get heldBytes(): number {
    return this.#underWay.reduce((sum, { isDue, sizeBytes }) => sum + (isDue ? sizeBytes : 0), 0);
  }

  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#clock.after(0, () => this.#flow());
  }

  /** Nothing that was sent before arrives. */
  drop(): void {
    this.#underWay = [];
  }
}

interface Sent {
  readonly sizeBytes: number;
  readonly arrive: () => void;
  /** It would have arrived, if nothing held it up. */
  isDue: boolean;
}
