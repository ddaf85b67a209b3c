/** A confirmation says that a node had the newest entry of the chain when somebody asked. Those that wait share one. */

import type { Millis } from "@neverstale/base";

/** Its age counts from the asking, never from the answer: what an answer says may be old when it arrives (rule N4). */
export class Confirmations {
  readonly #ask: () => void;
  #askedAt: Millis = Number.NEGATIVE_INFINITY;
  #waiting: Waiting[] = [];

  /** `ask` makes the node ask soon, and it may be called at any time. The answer comes by `note`. */
  constructor(ask: () => void) {
    this.#ask = ask;
  }

  /** The newest confirmation was asked for at this time. */
  get askedAt(): Millis {
    return this.#askedAt;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** A confirmation that was asked for at `askedAt` has come. */
  note(askedAt: Millis): void {
    if (askedAt <= this.#askedAt) return;
    this.#askedAt = askedAt;
    const before = this.#waiting;
    this.#waiting = before.filter(({ since }) => since > askedAt);
    for (const { since, run } of before) if (since <= askedAt) run();
    if (this.#waiting.length > 0) this.#ask();
  }

  /** One was asked for at `since` or later. */
  has(since: Millis): boolean {
    return this.#askedAt >= since;
  }

  /** Calls `run` once there is one that was asked for at `since` or later. It returns how to wait no more. */
  wait(since: Millis, run: () => void): () => void {
    const waiting = { since, run };
    this.#waiting.push(waiting);
    this.#ask();
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
    };
  }
}

interface Waiting {
  readonly since: Millis;
  readonly run: () => void;
}
