/** Turns run pieces of work one after the other, in the order in which they were asked for. */

/** One piece of work runs at a time. One that fails does not hold up those behind it. */
export class Turns {
  #busy = false;
  readonly #waiting: (() => void)[] = [];

  /** True while nobody works and nobody waits: work that is given now starts at once. */
  get free(): boolean {
    return !this.#busy;
  }

  /** Runs `work` when its turn has come, and settles as it does. */
  async take<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    if (this.#busy) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#busy = true;
    try {
      return await work();
    } finally {
      // The turn is handed over without a gap, or somebody who came later would be first.
      const next = this.#waiting.shift();
      if (next === undefined) this.#busy = false;
      else next();
    }
  }
}

/** Work under the same key runs one after the other; work under different keys runs side by side. */
export class TurnsByKey {
  readonly #turns = new Map<string, Turns>();

  /** So many keys have work that runs or waits. */
  get size(): number {
    return this.#turns.size;
  }

  /** Runs `work` when the turn of its key has come, and settles as it does. A key is forgotten with its last work. */
  async take<Result>(key: string, work: () => Result | Promise<Result>): Promise<Result> {
    const turns = this.#turns.get(key) ?? new Turns();
    this.#turns.set(key, turns);
    try {
      return await turns.take(work);
    } finally {
      // Meanwhile the key may have been forgotten, and have turns of newer work.
      if (turns.free && this.#turns.get(key) === turns) this.#turns.delete(key);
    }
  }
}
