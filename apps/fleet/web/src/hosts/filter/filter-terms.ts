/** A filter is a list of words. Facets add words to it and take them out again. */

import { folded } from "@neverstale/fleet-domain/schema-free";
import type { FacetKind } from "../found/facets.ts";

/** A host has one of these at a time, so another one takes the place of the one before it. */
const ONE_OF: ReadonlySet<FacetKind> = new Set(["status", "os", "version"]);

export function hasTerm(filter: string, term: string): boolean {
  return wordsOf(filter).some((word) => isSame(word, term));
}

/** The term is put in, or taken out where it is there already. */
export function withToggled(filter: string, kind: FacetKind, term: string): string {
  const words = wordsOf(filter);
  if (hasTerm(filter, term)) return words.filter((word) => !isSame(word, term)).join(" ");
  const kept = ONE_OF.has(kind) ? words.filter((word) => !isOfKind(word, kind)) : words;
  return [...kept, term].join(" ");
}

/** Without its own words, the values of a kind are counted that could be chosen instead. */
export function withoutKind(filter: string, kind: FacetKind): string {
  if (!ONE_OF.has(kind)) return filter;
  const words = wordsOf(filter);
  const kept = words.filter((word) => !isOfKind(word, kind));
  return kept.length === words.length ? filter : kept.join(" ");
}

function wordsOf(filter: string): readonly string[] {
  return filter.split(/\s+/).filter((word) => word !== "");
}

function isSame(one: string, other: string): boolean {
  return folded(one) === folded(other);
}

function isOfKind(word: string, kind: FacetKind): boolean {
  return folded(word).startsWith(`${kind}:`);
}
