/** The server remembers from where somebody has signed in since its start. */

export class Acquainted {
  readonly #keys = new Set<string>();
  readonly #maxKeys: number;

  constructor(maxKeys = MAX_KEYS) {
    this.#maxKeys = maxKeys;
  }

  get size(): number {
    return this.#keys.size;
  }

  add(key: string): void {
    this.#keys.delete(key);
    this.#keys.add(key);
    if (this.#keys.size <= this.#maxKeys) return;
    for (const oldest of this.#keys) {
      this.#keys.delete(oldest);
      return;
    }
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }
}

/** So many are remembered. Beyond that, those that have not signed in for longest are forgotten. */
const MAX_KEYS = 10_000;
