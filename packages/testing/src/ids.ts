/** Ids and chance of a test bed are the same in every run. */

export class Ids {
  #made = 0;

  /** Each one has as many characters as 128 random bits in base64url. */
  next(): string {
    this.#made += 1;
    return `test-${String(this.#made).padStart(17, "0")}`;
  }
}

/** It is mulberry32 from a fixed seed: numbers in [0, 1) that spread waits, and are no secret. */
export class Chance {
  #state = 0x6d2b79f5;

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }
}
