/** Some folders of a package do their work without others, and so import nothing that leads there. */

import { type ImportGraph, importGraph, placeOfImport } from "./import-graph.ts";
import { type ArchitectureViolation, at, type SourceFile } from "./workspace.ts";

/** It tells of imports that lead there through other files as well. Tests are free to use both. */
export function dependences(sources: readonly SourceFile[]): ArchitectureViolation[] {
  const shipped = sources.filter(({ isTest }) => !isTest);
  const graph = importGraph(shipped);
  return INDEPENDENT.flatMap((rule) =>
    shipped.filter(({ path }) => isIn(path, rule.folder)).flatMap((file) => dependencesOf(file, rule, graph)),
  );
}

interface Independence {
  readonly folder: string;
  readonly of: string;
  readonly instead: string;
}

const INDEPENDENT: readonly Independence[] = [
  {
    folder: "packages/server/src/followers",
    of: "packages/server/src/authority",
    instead: "take it through CommittedGroups: a node that decides nothing has followers, too",
  },
];

/** A way through another file of the same folder is told of that other file alone. */
function dependencesOf(file: SourceFile, { folder, of, instead }: Independence, graph: ImportGraph) {
  const outside = (graph.get(file.path) ?? []).filter((target) => !isIn(target, folder));
  return [...new Set(outside)].flatMap((target) => {
    const way = wayInto(of, target, graph);
    const what = `leads into ${of}: ${[file.path, ...(way ?? [])].join(" -> ")}`;
    return way === null ? [] : [{ at: at(file, placeOfImport(file, target)), what, instead }];
  });
}

/** It returns a shortest way from a file into a folder, or null when there is none. */
function wayInto(folder: string, start: string, graph: ImportGraph): string[] | null {
  const ways = new Map([[start, [start]]]);
  for (const [path, way] of ways) {
    if (isIn(path, folder)) return way;
    for (const target of graph.get(path) ?? []) {
      if (!ways.has(target)) ways.set(target, [...way, target]);
    }
  }
  return null;
}

function isIn(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`);
}
