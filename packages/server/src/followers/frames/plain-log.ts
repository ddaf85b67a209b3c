/** The plain log holds the newest changes of a space as JSON, for connections that are sent every one of them. */

import { assert, type Change, encodePlainDelta } from "@neverstale/protocol";

export class PlainLog {
  readonly #maxChars: number;
  #texts: string[] = [];
  #first = 1;
  #chars = 0;

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  /** This is the version before the oldest change that it holds. A cursor there can still be served. */
  get floor(): number {
    return this.#first - 1;
  }

  /** Nobody needs the changes before `version` any more. */
  clear(version: number): void {
    this.#texts = [];
    this.#first = version + 1;
    this.#chars = 0;
  }

  append(firstVersion: number, changes: readonly Change[]): void {
    if (this.#texts.length === 0) this.#first = firstVersion;
    assert(this.#first + this.#texts.length === firstVersion, "the log of changes has no gap");
    for (const change of changes) {
      const text = JSON.stringify(change);
      this.#texts.push(text);
      this.#chars += text.length;
    }
    if (this.#chars > this.#maxChars) this.#dropOldest();
  }

  /** It drops down to half of the bound, so that dropping is rare. */
  #dropOldest(): void {
    let dropped = 0;
    while (this.#chars > this.#maxChars / 2 && dropped < this.#texts.length) {
      this.#chars -= (this.#texts[dropped] as string).length;
      dropped += 1;
    }
    this.#texts = this.#texts.slice(dropped);
    this.#first += dropped;
  }

  /** It returns the delta messages after `from`, or null when some of them are gone. */
  messagesAfter(from: number): string[] | null {
    if (from < this.floor) return null;
    const messages: string[] = [];
    for (let version = from + 1; version < this.#first + this.#texts.length; version += 1) {
      messages.push(encodePlainDelta(version, this.#texts[version - this.#first] as string));
    }
    return messages;
  }
}
