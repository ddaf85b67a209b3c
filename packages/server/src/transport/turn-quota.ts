/** The quota does so much in one turn of the event loop; the rest waits for the next turns, in order. */

import type { Runtime } from "../runtime/runtime.ts";

/** Without it the events of a storm are handled in one long turn, and everything else waits until it is over. */
export class TurnQuota {
  readonly #runtime: Runtime;
  readonly #perTurn: number;
  readonly #waiting: (() => void)[] = [];
  #left: number;
  #turnEnds = false;

  constructor(runtime: Runtime, perTurn: number) {
    this.#runtime = runtime;
    this.#perTurn = perTurn;
    this.#left = perTurn;
  }

  /** It does the work at once where the turn has room. */
  run(work: () => void): void {
    if (this.#left === 0 || this.#waiting.length > 0) this.#waiting.push(work);
    else {
      this.#left -= 1;
      work();
    }
    this.#awaitNextTurn();
  }

  #awaitNextTurn(): void {
    if (this.#turnEnds) return;
    this.#turnEnds = true;
    this.#runtime.soon(() => this.#nextTurn());
  }

  #nextTurn(): void {
    this.#turnEnds = false;
    const due = this.#waiting.splice(0, this.#perTurn);
    this.#left = this.#perTurn - due.length;
    if (due.length > 0) this.#awaitNextTurn();
    for (const work of due) work();
  }
}
