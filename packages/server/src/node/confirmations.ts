/** The confirmations of a node: each says that the node had the newest entry of the chain when it asked the store. */

import type { Millis } from "@neverstale/base";
import type { Confirming } from "../followers/confirming/confirming.ts";
import type { Runtime } from "../runtime/runtime.ts";

/** The age of one counts from the asking, never from the answer: what an answer says may be old when it arrives (rule N4). */
export class Confirmations implements Confirming {
  readonly #ask: () => void;
  readonly #runtime: Pick<Runtime, "soon">;
  readonly #listeners = new Set<() => void>();
  #begun = 0;
  #newest: Asking = { number: 0, askedAt: Number.NEGATIVE_INFINITY };

  /** `ask` makes the node ask soon, and it may be called at any time. */
  constructor(ask: () => void, runtime: Pick<Runtime, "soon">) {
    this.#ask = ask;
    this.#runtime = runtime;
  }

  get begun(): number {
    return this.#begun;
  }

  get newest(): number {
    return this.#newest.number;
  }

  get askedAt(): Millis {
    return this.#newest.askedAt;
  }

  ask(): void {
    this.#ask();
  }

  onConfirmed(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The node asks now. */
  begin(askedAt: Millis): Asking {
    this.#begun += 1;
    return { number: this.#begun, askedAt };
  }

  /** The answer has come, and the node had, or has by now, what was the newest entry then. */
  came(asking: Asking): void {
    if (asking.number <= this.#newest.number) return;
    this.#newest = asking;
    for (const listener of [...this.#listeners]) this.#tell(listener);
  }

  /** A listener that throws harms neither the node nor the others: its error comes up by itself. */
  #tell(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#runtime.soon(() => {
        throw error;
      });
    }
  }
}

export interface Asking {
  readonly number: number;
  readonly askedAt: Millis;
}
