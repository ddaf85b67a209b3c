/** No file may import itself through others: neither values nor types, neither in tests nor elsewhere. */

import { type ImportGraph, importGraph, placeOfImport } from "./import-graph.ts";
import { type ArchitectureViolation, at, type SourceFile } from "./workspace.ts";

/** There is one violation for each set of files that all reach each other. It names the shortest way around. */
export function importCircles(sources: readonly SourceFile[]): ArchitectureViolation[] {
  const files = new Map(sources.map((file) => [file.path, file]));
  const graph = importGraph(sources);
  return componentsOf(graph).map((members) => violationOf(shortestCircle(graph, members), members.length, files));
}

function violationOf(
  circle: readonly string[],
  size: number,
  files: ReadonlyMap<string, SourceFile>,
): ArchitectureViolation {
  const [first = "", second = first] = circle;
  const file = files.get(first) as SourceFile;
  const more = size > circle.length ? ` (${size} files reach each other)` : "";
  return {
    at: at(file, placeOfImport(file, second)),
    what: `imports itself: ${[...circle, first].join(" -> ")}${more}`,
    instead: "move what several of them need into a file below them, or hand it in as an argument",
  };
}

/**
 * These are Tarjan's strongly connected components that hold a circle. Each is sorted, and they stand in the order of
 * their first members.
 */
function componentsOf(graph: ImportGraph): string[][] {
  const search = new ComponentSearch(graph);
  search.run();
  return search.found.sort(([a = ""], [b = ""]) => (a < b ? -1 : 1));
}

class ComponentSearch {
  readonly found: string[][] = [];
  readonly #graph: ImportGraph;
  readonly #numbers = new Map<string, number>();
  readonly #stack: string[] = [];
  readonly #onStack = new Set<string>();

  constructor(graph: ImportGraph) {
    this.#graph = graph;
  }

  run(): void {
    for (const path of this.#graph.keys()) if (!this.#numbers.has(path)) this.#visit(path);
  }

  /** It returns the lowest number that the file reaches on the stack. */
  #visit(path: string): number {
    const number = this.#numbers.size;
    this.#numbers.set(path, number);
    this.#stack.push(path);
    this.#onStack.add(path);
    let lowest = number;
    for (const target of this.#targets(path)) {
      const known = this.#numbers.get(target);
      if (known === undefined) lowest = Math.min(lowest, this.#visit(target));
      else if (this.#onStack.has(target)) lowest = Math.min(lowest, known);
    }
    if (lowest === number) this.#closeComponent(path);
    return lowest;
  }

  #targets(path: string): readonly string[] {
    return this.#graph.get(path) ?? [];
  }

  /** All that lies on the stack from this file on is one component. */
  #closeComponent(path: string): void {
    const members = this.#stack.splice(this.#stack.indexOf(path));
    for (const member of members) this.#onStack.delete(member);
    if (members.length > 1 || this.#targets(path).includes(path)) this.found.push(members.sort());
  }
}

/** It returns the shortest circle through any of the members, beginning with the first member that has one so short. */
function shortestCircle(graph: ImportGraph, members: readonly string[]): string[] {
  const circles = members.map((member) => shortestWayBack(graph, member, new Set(members)));
  return circles.reduce((shortest, circle) => (circle.length < shortest.length ? circle : shortest));
}

/** It searches the component breadth first, and returns the files from `start` to the last one before it comes again. */
function shortestWayBack(graph: ImportGraph, start: string, members: ReadonlySet<string>): string[] {
  const cameFrom = new Map<string, string | null>([[start, null]]);
  for (const path of cameFrom.keys()) {
    for (const target of graph.get(path) ?? []) {
      if (target === start) return wayTo(path, cameFrom);
      if (members.has(target) && !cameFrom.has(target)) cameFrom.set(target, path);
    }
  }
  return [...members];
}

function wayTo(path: string, cameFrom: ReadonlyMap<string, string | null>): string[] {
  const before = cameFrom.get(path) ?? null;
  return before === null ? [path] : [...wayTo(before, cameFrom), path];
}
