/** Lets one at a time do its work, in the order in which they came. */
export class Turns {
  #busy = false;
  readonly #waiting: (() => void)[] = [];

  /** Whether somebody who comes now need not wait. */
  get free(): boolean {
    return !this.#busy;
  }

  async take<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    if (this.#busy) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#busy = true;
    try {
      return await work();
    } finally {
      // Handed over without a gap, or somebody who came later would be first.
      const next = this.#waiting.shift();
      if (next === undefined) this.#busy = false;
      else next();
    }
  }
}
