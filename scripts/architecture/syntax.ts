/** The syntax tree of a source file, as far as the checks walk it. */

import { parseAst } from "rolldown/parseAst";

/** It throws the parser's error when the text is not valid TypeScript. */
export function parseSource(text: string, path: string): Node {
  const lang = path.endsWith(".d.ts") ? "dts" : path.endsWith("x") ? "tsx" : "ts";
  return parseAst(text, { lang }, path) as unknown as Node;
}

/** It is a node of ESTree, or one of TypeScript's own. Only what walks need is typed. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** It returns the names that a statement declares, without those of a pattern that takes something apart. */
export function namesDeclaredBy(node: Node): string[] {
  if (node.type === "VariableDeclaration")
    return nodesAt(node, "declarations")
      .map(({ id }) => nameOf(id))
      .filter((name) => name !== "");
  return isNode(node.id) ? [nameOf(node.id)] : [];
}

export function nameOf(node: unknown): string {
  if (!isNode(node)) return "";
  return typeof node.name === "string" ? node.name : String(node.value ?? "");
}

export function nodesAt(node: Node, key: string): Node[] {
  const value = node[key];
  return Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [];
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}
