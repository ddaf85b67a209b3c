/** A term is the time in which this process extends the chain of its store, from its takeover on, entry by entry (rule A2). */

import type { AgeClock } from "../../runtime/age-clock.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { AnswerQuery, ChainHead, CommitGroup, Store, StoredAnswer } from "../../store/contract.ts";

/** It is that of a process alone on its store. It knows the place up to which this process has applied the chain, which is where the next entry goes. */
export class Term {
  readonly #store: Store;
  readonly #runtime: Pick<Runtime, "wallTime">;
  readonly #ages: AgeClock;
  readonly #model: number;
  #head: ChainHead | null;
  #takingOver: Promise<unknown> | null = null;

  /** `head` is the place up to which the chain has been read, and `model` is the number of the model of the main space. */
  constructor(store: Store, runtime: Pick<Runtime, "wallTime">, ages: AgeClock, model: number, head: ChainHead | null) {
    this.#store = store;
    this.#runtime = runtime;
    this.#ages = ages;
    this.#model = model;
    this.#head = head;
  }

  /** Begins the term of `epoch`, which was drawn for it. It rejects as `Store.takeOver` does, and then there is no term. */
  async takeOver(epoch: string): Promise<void> {
    const at = this.#runtime.wallTime();
    const facts = { epoch, address: null, model: this.#model, at, ageAt: this.#ages.read(at) };
    const takingOver = this.#store.takeOver({ ...facts, after: this.#head });
    this.#takingOver = takingOver;
    try {
      this.#head = await takingOver;
    } finally {
      this.#takingOver = null;
    }
  }

  /** It is as `Store.commit`. */
  commit(group: CommitGroup): void | Promise<void> {
    const outcome = this.#store.commit(group);
    if (outcome === undefined) return this.#moved();
    return outcome.then(() => this.#moved());
  }

  #moved(): void {
    const { sequence, term } = this.#head as ChainHead;
    this.#head = { sequence: sequence + 1, term };
  }

  /** Nobody else has to be told of it. */
  taken(): void {}

  /** It is as `Store.findAnswer`. While a takeover is under way there is no term in which an answer would count. */
  async findAnswer(query: AnswerQuery): Promise<StoredAnswer | "expired" | null> {
    await this.#takingOver?.catch(() => {});
    return this.#store.findAnswer(query);
  }
}
