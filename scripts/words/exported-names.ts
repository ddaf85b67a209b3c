/** An exported name stands in one file, in one of each binding, or in the glossary with its one meaning. */

import { namesDeclaredBy, nodesAt, parseSource } from "../architecture/syntax.ts";
import { areaOf, type SourceText } from "./source-text.ts";

/** It says what is wrong, in one sentence each. */
export function nameProblems(sources: readonly SourceText[], glossary: ReadonlyMap<string, string>): string[] {
  const places = placesOf(sources);
  const several = [...places].filter(([, paths]) => paths.length > 1 && !isOfBindings(paths));
  return [
    ...several.filter(([name]) => !glossary.has(name)).map(([name, paths]) => severalPlaces(name, paths)),
    ...[...glossary].flatMap(([name, meaning]) => entryProblems(name, meaning, places.get(name) ?? [])),
  ];
}

export const GLOSSARY_PATH = "docs/GLOSSARY.md";

const TABLE_HEAD = /^\| name \| its one meaning \|$/;

/** It returns the names that a file declares with `export`, each of them once. */
function namesExportedBy({ path, text }: SourceText): Set<string> {
  const program = parseSource(text, path);
  const exported = nodesAt(program, "body").filter(({ type }) => type.startsWith("Export"));
  return new Set(exported.flatMap((statement) => nodesAt(statement, "declaration")).flatMap(namesDeclaredBy));
}

/** It returns the names of the glossary's second table, with their meanings. */
export function namesInGlossary(page: string): ReadonlyMap<string, string> {
  const lines = page.split("\n");
  const start = lines.findIndex((line) => TABLE_HEAD.test(line));
  const names = new Map<string, string>();
  for (let at = start + 2; start >= 0 && lines[at]?.startsWith("| ") === true; at += 1) {
    const [, name = "", meaning = ""] = /^\| `(\w+)` \| (.*) \|$/.exec(lines[at] ?? "") ?? [];
    names.set(name, meaning);
  }
  return names;
}

function placesOf(sources: readonly SourceText[]): ReadonlyMap<string, readonly string[]> {
  const places = new Map<string, string[]>();
  for (const { path, text } of sources) {
    for (const name of namesExportedBy({ path, text })) places.set(name, [...(places.get(name) ?? []), path]);
  }
  return places;
}

/**
 * Whoever knows one binding knows them all: the same hook has the same name in each framework, and a page uses one of them. What it means
 * is said once, by the suite in tests/bindings that all of them pass.
 */
const BINDINGS: ReadonlySet<string> = new Set(["packages/react", "packages/solid", "packages/svelte", "packages/vue"]);

/** Each of the files is of another binding. Within one, a name stands in one file as everywhere. */
function isOfBindings(paths: readonly string[]): boolean {
  const areas = new Set(paths.map(areaOf));
  return areas.size === paths.length && [...areas].every((area) => BINDINGS.has(area));
}

function severalPlaces(name: string, paths: readonly string[]): string {
  return `${name} is exported from ${paths.length} files: ${paths.join(", ")}. Give it a more exact name in all but one, or define it once`;
}

function entryProblems(name: string, meaning: string, paths: readonly string[]): string[] {
  if (name === "") return [`${GLOSSARY_PATH} has a row that is not "| \`name\` | its one meaning |"`];
  const found = meaning.trim().endsWith(".") ? [] : [`${GLOSSARY_PATH} does not say what ${name} means, in a sentence`];
  if (paths.length < 2) found.push(`${GLOSSARY_PATH} lists ${name}, which is exported from ${paths.length} files`);
  return found;
}
