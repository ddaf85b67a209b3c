/** Codes that were taken while the store took no changes are remembered here, so that none is taken twice. */

/**
 * A code counts for three steps of 30 s. What a process before this one took without a store nobody knows any more, so the first two
 * steps of this one are not taken without a store.
 */
export class UsedSteps {
  readonly #last = new Map<string, number>();
  readonly #firstStep: number;

  /** `startStep` is the step in which the process began. */
  constructor(startStep: number) {
    this.#firstStep = startStep + 2;
  }

  get size(): number {
    return this.#last.size;
  }

  /** It returns false for a step that was taken before, or may have been. The step is taken by it. */
  takeWithoutStore(user: string, step: number): boolean {
    if (step < this.#firstStep || this.isTaken(user, step)) return false;
    this.#last.set(user, step);
    return true;
  }

  /** The store, which takes changes again, knows nothing of that step. */
  isTaken(user: string, step: number): boolean {
    return step <= (this.#last.get(user) ?? -1);
  }
}
