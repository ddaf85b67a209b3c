/** Facets count hosts by what they have in common: their status, tags, system, checks and the version of their agent. */

import type { Host } from "@neverstale/fleet-domain";
import { checkStates, filterWord, hostStatus } from "@neverstale/fleet-domain/schema-free";

export const FACET_KINDS = ["status", "check", "tag", "os", "version"] as const;
export type FacetKind = (typeof FACET_KINDS)[number];

export interface FacetValue {
  /** This word of the filter finds the hosts that are counted, as in `tag:prod`. */
  readonly term: string;
  /** It is shown. */
  readonly word: string;
  readonly count: number;
}

/** The most frequent value comes first. */
export type Facets = Readonly<Record<FacetKind, readonly FacetValue[]>>;

/** It counts hosts that come and go. */
export class FacetCounts {
  readonly #counts: Readonly<Record<FacetKind, Map<string, number>>> = {
    status: new Map(),
    check: new Map(),
    tag: new Map(),
    os: new Map(),
    version: new Map(),
  };
  #facets: Facets | null = null;

  add(host: Host): void {
    this.#count(host, 1);
  }

  remove(host: Host): void {
    this.#count(host, -1);
  }

  /** It is the same object until a host comes or goes. */
  facets(): Facets {
    this.#facets ??= Object.fromEntries(FACET_KINDS.map((kind) => [kind, this.#valuesOf(kind)])) as unknown as Facets;
    return this.#facets;
  }

  #count(host: Host, by: 1 | -1): void {
    for (const [kind, value] of valuesOf(host)) {
      const counts = this.#counts[kind];
      const count = (counts.get(value) ?? 0) + by;
      if (count === 0) counts.delete(value);
      else counts.set(value, count);
    }
    this.#facets = null;
  }

  #valuesOf(kind: FacetKind): readonly FacetValue[] {
    return [...this.#counts[kind]]
      .map(([word, count]) => ({ term: `${kind}:${filterWord(word)}`, word, count }))
      .sort((a, b) => b.count - a.count || (a.word < b.word ? -1 : 1));
  }
}

function valuesOf(host: Host): readonly (readonly [FacetKind, string])[] {
  return [
    ["status", hostStatus(host)],
    ...checkStates(host).map((state) => ["check", state] as const),
    ...[...new Set(host.tags)].map((tag) => ["tag", tag] as const),
    ...(host.os === "" ? [] : ([["os", host.os]] as const)),
    ...(host.agentVersion === "" ? [] : ([["version", host.agentVersion]] as const)),
  ];
}
