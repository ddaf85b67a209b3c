/** The hosts that match a filter are followed: they are looked through again some times a second, and only after a change. */

import type { Listener, Unsubscribe } from "@neverstale/client";
import type { Fleet } from "@neverstale/fleet-domain";
import { HostIndex, type HostQuery, type ShownHosts } from "./host-index.ts";

/** This much of a replica is read. */
interface HostSource {
  readonly state: Pick<Fleet, "hosts" | "metrics">;
  subscribeCollection(collection: "hosts" | "metrics", listener: Listener): Unsubscribe;
}

/** It keeps an index up while somebody listens. */
export class FollowedHosts {
  readonly #source: HostSource;
  readonly #index: HostIndex;
  readonly #later: (run: () => void) => () => void;
  readonly #listeners = new Set<Listener>();
  #stops: Unsubscribe[] = [];
  #shown: ShownHosts;
  #cancel: (() => void) | null = null;

  /** `later` calls what it is given when the hosts may be looked through again, unless it is taken back. */
  constructor(source: HostSource, query: HostQuery, later: (run: () => void) => () => void) {
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
    this.#cancel ??= this.#later(() => {
      this.#cancel = null;
      const before = this.#shown;
      this.#shown = this.#index.update(this.#source.state);
      if (this.#shown !== before) for (const listener of [...this.#listeners]) listener();
    });
  }
}
