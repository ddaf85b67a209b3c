/** A client that says that it is live claims to be fresh. What such a client does not show yet was acknowledged a moment ago at most. */

import type { StateSync } from "@neverstale/client";
import type { State } from "../../../engine/authority.ts";
import type { KeyedLedger } from "./keyed-ledger.ts";

export class FreshClaims implements Disposable {
  /** So long ago the oldest change was acknowledged that a client did not show while it said that it was live. */
  longestMs = 0;
  readonly #ledger: KeyedLedger;
  readonly #clients: { readonly client: StateSync<State>; shown: number }[] = [];
  readonly #timer: NodeJS.Timeout;
  #isStopped = false;

  constructor(ledger: KeyedLedger) {
    this.#ledger = ledger;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  watch(client: StateSync<State>): void {
    this.#clients.push({ client, shown: 0 });
  }

  /** Only what is acknowledged from now on counts: what was before may be lost with the tail of the database. */
  startOver(): void {
    this.#isStopped = false;
    for (const watched of this.#clients) watched.shown = this.#ledger.entries.length;
  }

  /** Nothing counts until it starts over: of two histories beside each other a client shows one. */
  stop(): void {
    this.#isStopped = true;
  }

  #look(): void {
    const { entries } = this.#ledger;
    for (const watched of this.#isStopped ? [] : this.#clients) {
      const { client } = watched;
      while ((entries[watched.shown]?.version ?? Number.POSITIVE_INFINITY) <= client.version) watched.shown += 1;
      const oldest = entries[watched.shown];
      if (oldest === undefined || client.status.type !== "live") continue;
      this.longestMs = Math.max(this.longestMs, performance.now() - oldest.at);
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

const LOOK_MS = 20;
