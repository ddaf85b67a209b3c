/** Chance that can be repeated: a stream of numbers that is named by a seed. */

/**
 * `fork` gives a stream of its own that depends on the names alone, not on what was drawn before. So taking one action
 * out of a plan leaves the chances of all others alone.
 */
export class Random {
  readonly #name: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(name: string) {
    this.#name = name;
    this.#a = hash32(name, 0x9e3779b9);
    this.#b = hash32(name, 0x85ebca6b);
    this.#c = hash32(name, 0xc2b2ae35);
    for (let round = 0; round < 8; round += 1) this.#word();
  }

  fork(name: string): Random {
    return new Random(`${this.#name}/${name}`);
  }

  /** This is sfc32, which holds more bits of state than it gives out. */
  #word(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** The number lies in [0, 1). */
  next(): number {
    return this.#word() / 2 ** 32;
  }

  /** It returns a whole number. Both ends are included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error("assertion failed: there is nothing to pick from");
    return items[this.int(0, items.length - 1)] as T;
  }

  /** The number is mostly small, and sometimes near `high`. */
  skewed(high: number): number {
    return Math.floor(high * this.next() ** 3);
  }
}

function hash32(text: string, seed: number): number {
  let hash = seed | 0;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return hash ^ (hash >>> 16);
}
