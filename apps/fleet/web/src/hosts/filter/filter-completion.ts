/** The filter's field offers how the word that is being typed may go on. */

import { folded } from "@neverstale/fleet-domain/schema-free";
import { FACET_KINDS, type Facets } from "../found/facets.ts";

export interface Completion {
  /** It takes the place of the word. */
  readonly term: string;
  /** So many hosts match it. Null stands for the begin of a word, which matches none yet. */
  readonly count: number | null;
  readonly note: string;
}

/** So many are offered at a time. */
const MOST_OFFERED = 8;

const KINDS: readonly (readonly [begin: string, note: string])[] = [
  ["status:", "ready, busy, offline or online"],
  ["tag:", "hosts with exactly this tag"],
  ["check:", "how a check is, or its name"],
  ["os:", "the system begins so"],
  ["version:", "the version of the agent"],
  ["op:", "the agent allows this op"],
  ["cpu:>", "more than so many percent"],
  ["ram:>", "more than so many percent"],
  ["disk:>", "more than so many percent"],
  ["swap:>", "more than so many percent"],
  ["load:>", "the load of the last minute"],
];

/** It looks at the word that the caret is in. `facets` count all hosts, so that the numbers say what a word would find by itself. */
export function completionsOf(text: string, caret: number, facets: Facets): readonly Completion[] {
  const { word } = wordAt(text, caret);
  const minus = word.startsWith("-") ? "-" : "";
  const typed = folded(word.slice(minus.length));
  if (typed === "") return [];
  const values = FACET_KINDS.flatMap((kind) => facets[kind].map((value) => ({ ...value, kind })));
  const named = values.filter(({ term }) => folded(term).startsWith(typed));
  const within = typed.includes(":") ? [] : values.filter(({ word: value }) => folded(value).includes(typed));
  const begins = KINDS.filter(([begin]) => begin.startsWith(typed) && begin !== typed);
  const offered = [
    ...begins.map(([begin, note]) => ({ term: minus + begin, count: null, note })),
    ...[...new Set([...named, ...within])].map(({ term, count }) => ({ term: minus + term, count, note: "" })),
  ];
  return offered.filter(({ term }) => folded(term) !== folded(word)).slice(0, MOST_OFFERED);
}

/** It returns the text with the completion in it, and where the caret is then. A whole word is followed by a space. */
export function completed(text: string, caret: number, { term, count }: Completion): readonly [string, number] {
  const { from, to } = wordAt(text, caret);
  const rest = text.slice(to);
  const end = count === null || rest.startsWith(" ") ? "" : " ";
  const begin = text.slice(0, from) + term + end;
  return [begin + rest, begin.length];
}

function wordAt(text: string, caret: number): { readonly word: string; readonly from: number; readonly to: number } {
  const from = text.slice(0, caret).search(/\S*$/);
  const length = text.slice(from).search(/\s|$/);
  return { word: text.slice(from, from + length), from, to: from + length };
}
