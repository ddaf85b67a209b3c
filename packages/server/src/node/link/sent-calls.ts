/** Sent calls wait for their answers. They are kept by message, since one of a thousand calls is as quick to note as one of one. */

import type { Millis } from "@neverstale/base";

export class SentCalls<Call> {
  /** They stand in the order of their numbers. Those before the first one that waits are forgotten. */
  readonly #messages: SentMessage<Call>[] = [];

  /** The calls have successive numbers from `first` on, which are greater than all before. */
  add(first: number, calls: readonly Call[], sentAt: Millis): void {
    this.#messages.push({ first, sentAt, calls: [...calls], waiting: calls.length });
  }

  /** The call of this number waits no longer. It is null where none of this number waited. */
  take(id: number): Call | null {
    const message = this.#messageOf(id);
    const call = message?.calls[id - message.first] ?? null;
    if (message === undefined || call === null) return null;
    message.calls[id - message.first] = null;
    message.waiting -= 1;
    while (this.#messages[0]?.waiting === 0) this.#messages.shift();
    return call;
  }

  /** When the first message was sent of which a call still waits. */
  get oldest(): Millis | null {
    return this.#messages[0]?.sentAt ?? null;
  }

  /** None of the first message waits any longer. */
  takeOldest(): Call[] {
    return this.#messages.shift()?.calls.filter((call) => call !== null) ?? [];
  }

  takeAll(): Call[] {
    return this.#messages.splice(0).flatMap(({ calls }) => calls.filter((call) => call !== null));
  }

  #messageOf(id: number): SentMessage<Call> | undefined {
    let [low, high] = [0, this.#messages.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#messages[middle]?.first ?? id) <= id) low = middle;
      else high = middle;
    }
    return this.#messages[low];
  }
}

interface SentMessage<Call> {
  readonly first: number;
  readonly sentAt: Millis;
  /** Null stands for one that waits no longer. */
  readonly calls: (Call | null)[];
  waiting: number;
}
