/** The confirmations of a node: each says that the node had the newest entry of the chain when it asked the store. */

import type { Millis } from "@neverstale/base";
import type { Confirming } from "../followers/confirming/confirming.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { ChainHead } from "../store/contract.ts";

/** The age of one counts from the asking, never from the answer: what an answer says may be old when it arrives (rule N4). */
export class Confirmations implements Confirming {
  readonly #parts: ConfirmationsParts;
  readonly #listeners = new Set<() => void>();
  #begun = 0;
  #newest: Asking = { number: 0, askedAt: Number.NEGATIVE_INFINITY };
  /** This entry was the newest one, by what was asked then. The confirmation belongs to it, and to none that came since. */
  #vouched: { readonly place: ChainHead | null; readonly askedAt: Millis } = {
    place: null,
    askedAt: Number.NEGATIVE_INFINITY,
  };
  /** Somebody waits for one. */
  #isAsked = false;

  constructor(parts: ConfirmationsParts) {
    this.#parts = parts;
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

  get vouchedAt(): Millis {
    const { place, askedAt } = this.#vouched;
    const own = this.#parts.place();
    const isOwn = place?.sequence === own?.sequence && place?.term === own?.term;
    return isOwn ? askedAt : Number.NEGATIVE_INFINITY;
  }

  ask(): void {
    this.#isAsked = true;
    this.#parts.ask();
  }

  onConfirmed(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The node asks now. */
  begin(): Asking {
    this.#begun += 1;
    return { number: this.#begun, askedAt: this.#parts.runtime.now() };
  }

  /** The answer has come: the node holds what was the newest entry then, and `place` was the newest one then or later. */
  came(asking: Asking, place: ChainHead | null): void {
    this.#note(asking, place);
    this.#tell();
  }

  /** The node has written this entry, so it was the newest one. Those who wait hear of it once it has been published. */
  wrote(asking: Asking, place: ChainHead): void {
    this.#note(asking, place);
    if (this.#isAsked) this.#parts.runtime.soon(() => this.#tell());
  }

  #note(asking: Asking, place: ChainHead | null): void {
    if (asking.number <= this.#newest.number) return;
    this.#newest = asking;
    this.#vouched = { place, askedAt: asking.askedAt };
  }

  #tell(): void {
    if (!this.#isAsked) return;
    this.#isAsked = false;
    for (const listener of [...this.#listeners]) this.#tellOne(listener);
  }

  /** A listener that throws harms neither the node nor the others: its error comes up by itself. */
  #tellOne(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#parts.runtime.soon(() => {
        throw error;
      });
    }
  }
}

export interface Asking {
  readonly number: number;
  readonly askedAt: Millis;
}

interface ConfirmationsParts {
  /** It makes the node ask soon, and may be called at any time. */
  readonly ask: () => void;
  /** It returns the newest entry that the node has applied. */
  readonly place: () => ChainHead | null;
  readonly runtime: Pick<Runtime, "now" | "soon">;
}
