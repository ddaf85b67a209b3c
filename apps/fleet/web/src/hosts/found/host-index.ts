/** The index knows which hosts match a filter, in which order, and how many there are of each kind. It is kept up by what has changed. */

import type { Fleet, Host, Metrics } from "@neverstale/fleet-domain";
import { parseHostFilter } from "@neverstale/fleet-domain/schema-free";
import type { Sort } from "../../state/place.ts";
import { FacetCounts, type Facets } from "./facets.ts";
import { type HostColumn, nameKeyOf, rowOrder } from "./host-order.ts";

export interface HostQuery {
  readonly filter: string;
  /** Null stands for the order of the names, and `none` for any order: then the hosts are only counted. */
  readonly sort: Sort<HostColumn> | null | "none";
}

/** This is shown of all hosts. It is another object when something in it is another. */
export interface ShownHosts {
  /** These match the filter, in the order that was asked for. It is the same list until one of them or its place is another. */
  readonly ids: readonly string[];
  /** They count the hosts that match, as they are now. */
  readonly facets: () => Facets;
}

/**
 * The cost of an update goes by what has changed: each changed host is tried by the filter once, and takes its place among the others,
 * which keep theirs. Besides that every host is looked at, to see whether its records are the same ones.
 */
export class HostIndex {
  readonly #matches: ReturnType<typeof parseHostFilter>;
  readonly #compare: (a: IndexedHost, b: IndexedHost) => number;
  readonly #entries = new Map<string, IndexedHost>();
  readonly #counts = new FacetCounts();
  #order: readonly IndexedHost[] = [];
  readonly #facets = () => this.#counts.facets();
  #shown: ShownHosts = { ids: [], facets: this.#facets };
  /** It is true once the filter or the order has asked for a measure. Until then heartbeats change nothing. */
  #readsMetrics = false;

  constructor({ filter, sort }: HostQuery) {
    this.#matches = parseHostFilter(filter);
    this.#compare = sort === "none" ? anyOrder : rowOrder(sort);
  }

  get readsMetrics(): boolean {
    return this.#readsMetrics;
  }

  /** It takes in the newest records, and returns what is shown now. */
  update(fleet: Pick<Fleet, "hosts" | "metrics">): ShownHosts {
    const { hosts } = fleet;
    const changed: IndexedHost[] = [];
    const metrics = this.#readsMetrics ? fleet.metrics : null;
    let known = 0;
    for (const [id, host] of hosts) {
      const before = this.#entries.get(id);
      if (before !== undefined) known += 1;
      if (before?.host === host && before.isOf(metrics)) continue;
      changed.push(new IndexedHost(host, () => this.#metricsOf(fleet, id)));
    }
    const isAnyGone = known < this.#entries.size;
    if (changed.length === 0 && !isAnyGone) return this.#shown;
    return this.#take(hosts, changed, isAnyGone);
  }

  #metricsOf({ metrics }: Pick<Fleet, "metrics">, id: string): Metrics | undefined {
    this.#readsMetrics = true;
    return metrics.get(id);
  }

  #take(hosts: Fleet["hosts"], changed: readonly IndexedHost[], isAnyGone: boolean): ShownHosts {
    const leaving = new Set<IndexedHost>();
    const coming: IndexedHost[] = [];
    for (const entry of changed) {
      const before = this.#entries.get(entry.host.id);
      this.#entries.set(entry.host.id, entry);
      if (before?.isShown === true) leaving.add(before);
      entry.isShown = this.#matches(entry);
      if (entry.isShown) coming.push(entry);
    }
    if (isAnyGone) {
      for (const [id, entry] of this.#entries) {
        if (hosts.has(id)) continue;
        this.#entries.delete(id);
        if (entry.isShown) leaving.add(entry);
      }
    }
    if (leaving.size === 0 && coming.length === 0) return this.#shown;
    for (const entry of leaving) this.#counts.remove(entry.host);
    for (const entry of coming) this.#counts.add(entry.host);
    this.#order = merged(this.#order, leaving, coming.sort(this.#compare), this.#compare);
    const ids = sameOrder(this.#order, this.#shown.ids) ? this.#shown.ids : this.#order.map(({ host }) => host.id);
    this.#shown = { ids, facets: this.#facets };
    return this.#shown;
  }
}

function anyOrder(): number {
  return 0;
}

/** A host as the index last saw it. It reads its metrics when it is asked for them first: most filters and orders ask for none. */
class IndexedHost {
  readonly host: Host;
  readonly nameKey: string | null;
  isShown = false;
  readonly #read: () => Metrics | undefined;
  #metrics: { readonly of: Metrics | undefined } | null = null;

  constructor(host: Host, read: () => Metrics | undefined) {
    this.host = host;
    this.nameKey = nameKeyOf(host);
    this.#read = read;
  }

  get metrics(): Metrics | undefined {
    this.#metrics ??= { of: this.#read() };
    return this.#metrics.of;
  }

  /** It is true when these metrics are the ones that it was judged by. Null means that nobody asks for metrics. */
  isOf(metrics: Fleet["metrics"] | null): boolean {
    return metrics === null || this.#metrics === null || this.#metrics.of === metrics.get(this.host.id);
  }
}

/** Those who stay are in order already, so each of those who come is compared with a few of them. */
function merged<Row>(
  order: readonly Row[],
  leaving: ReadonlySet<Row>,
  coming: readonly Row[],
  compare: (a: Row, b: Row) => number,
): readonly Row[] {
  const staying = leaving.size === 0 ? order : order.filter((row) => !leaving.has(row));
  const result: Row[] = [];
  let from = 0;
  for (const row of coming) {
    const place = placeOf(row, staying, from, compare);
    for (; from < place; from += 1) result.push(staying[from] as Row);
    result.push(row);
  }
  for (; from < staying.length; from += 1) result.push(staying[from] as Row);
  return result;
}

/** It returns how many of the rows come before this one. At least the first `from` of them do. */
function placeOf<Row>(row: Row, rows: readonly Row[], from: number, compare: (a: Row, b: Row) => number): number {
  let [low, high] = [from, rows.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(rows[middle] as Row, row) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sameOrder(order: readonly IndexedHost[], ids: readonly string[]): boolean {
  return order.length === ids.length && order.every(({ host }, index) => host.id === ids[index]);
}
