/** A row of the hosts table is a host with its newest metrics. */

import type { Fleet, Host, Metrics } from "@neverstale/fleet-domain";

export interface HostRow {
  readonly host: Host;
  readonly metrics: Metrics | undefined;
  /** It is the key of the host's name, where that is worked out beforehand. */
  readonly nameKey?: string | null;
}

/** Metrics are read only when a row is asked for them: a selector that asks none need not run again when a heartbeat comes. */
export function hostRows(fleet: Fleet, hosts: Iterable<Host>): readonly HostRow[] {
  let collection: Fleet["metrics"] | null = null;
  const metricsOf = (id: string) => {
    collection ??= fleet.metrics;
    return collection.get(id);
  };
  return Array.from(hosts, (host) => new LazyRow(host, metricsOf));
}

/** It reads its metrics once: sorting asks for them many times. */
class LazyRow implements HostRow {
  readonly host: Host;
  readonly #metricsOf: (id: string) => Metrics | undefined;
  #read: { readonly metrics: Metrics | undefined } | null = null;

  constructor(host: Host, metricsOf: (id: string) => Metrics | undefined) {
    this.host = host;
    this.#metricsOf = metricsOf;
  }

  get metrics(): Metrics | undefined {
    this.#read ??= { metrics: this.#metricsOf(this.host.id) };
    return this.#read.metrics;
  }
}
