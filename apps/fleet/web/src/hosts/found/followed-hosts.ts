/** The hosts that match a filter are followed: they are looked through again some times a second, and only after a change. */

import type { Listener, Unsubscribe } from "@neverstale/client";
import type { Fleet } from "@neverstale/fleet-domain";
import { HostIndex, type HostQuery, type ShownHosts } from "./host-index.ts";

/** This much of a replica is read. */
interface HostSource {
  readonly state: Pick<Fleet, "hosts" | "metrics">;
  subscribeCollection(collection: "hosts" | "metrics", listener: Listener): Unsubscribe;
}

/** It calls `run` soon, at least so long after the last time. What it returns takes the call back. */
export type Later = (everyMs: number, run: () => void) => () => void;

const EVERY_MS = 250;
/** Measures move all the time. A list that is put in order by them more often can't be read. */
const MEASURED_EVERY_MS = 1_000;

/** It keeps an index up while somebody listens. */
export class FollowedHosts {
  readonly #source: HostSource;
  readonly #index: HostIndex;
  readonly #later: Later;
  readonly #listeners = new Set<Listener>();
  #stops: Unsubscribe[] = [];
  #shown: ShownHosts;
  #cancel: (() => void) | null = null;

  constructor(source: HostSource, query: HostQuery, later: Later) {
    this.#source = source;
    this.#index = new HostIndex(query);
    this.#later = later;
    this.#shown = this.#index.update(source.state);
  }

  get shown(): ShownHosts {
    return this.#shown;
  }

  subscribe = (listener: Listener): Unsubscribe => {
    const own = () => listener();
    this.#listeners.add(own);
    if (this.#listeners.size === 1) this.#begin();
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size === 0) this.#end();
    };
  };

  #begin(): void {
    const note = () => this.#await();
    const noteMetrics = () => {
      if (this.#index.readsMetrics) this.#await();
    };
    this.#stops = [
      this.#source.subscribeCollection("hosts", note),
      this.#source.subscribeCollection("metrics", noteMetrics),
    ];
    this.#shown = this.#index.update(this.#source.state); // Something may have changed since it was made.
  }

  #end(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#cancel?.();
    this.#cancel = null;
  }

  #await(): void {
    const everyMs = this.#index.readsMetrics ? MEASURED_EVERY_MS : EVERY_MS;
    this.#cancel ??= this.#later(everyMs, () => {
      this.#cancel = null;
      const before = this.#shown;
      this.#shown = this.#index.update(this.#source.state);
      if (this.#shown !== before) for (const listener of [...this.#listeners]) listener();
    });
  }
}
