/** A `.d.ts` file as the compiler wrote it: what it declares, and under which names it hands that on. */

import { readFileSync } from "node:fs";
import { isNode, type Node, nameOf, namesDeclaredBy, nodesAt, parseSource } from "../architecture/syntax.ts";

export interface DeclarationFile {
  readonly path: string;
  /** Functions with several signatures have several declarations. */
  readonly declarations: ReadonlyMap<string, readonly Declaration[]>;
  /** The names that the file imports stand for these. */
  readonly imports: ReadonlyMap<string, Reference>;
  readonly exports: ReadonlyMap<string, Reference & { readonly typeOnly: boolean }>;
  /** Everything of these modules is exported. */
  readonly exportsAllOf: readonly string[];
}

/** It throws when the file can't be read or parsed. */
export function readDeclarations(path: string): DeclarationFile {
  const source = readFileSync(path, "utf8");
  const program = parseSource(source, path);
  const reader = new DeclarationReader(path, source);
  for (const statement of nodesAt(program, "body")) reader.read(statement);
  return reader;
}

/** It refers to a name in a module, or in this very file when `module` is null. */
export interface Reference {
  readonly module: string | null;
  readonly name: string;
}

export interface Declaration {
  /** This is the compiler's text, without comments and without `export` and `declare`. */
  readonly text: string;
  readonly isType: boolean;
  /** Its types refer to these. */
  readonly uses: readonly Reference[];
}

class DeclarationReader implements DeclarationFile {
  readonly path: string;
  readonly declarations = new Map<string, Declaration[]>();
  readonly imports = new Map<string, Reference>();
  readonly exports = new Map<string, Reference & { typeOnly: boolean }>();
  readonly exportsAllOf: string[] = [];
  readonly #source: string;

  constructor(path: string, source: string) {
    this.path = path;
    this.#source = source;
  }

  read(statement: Node): void {
    switch (statement.type) {
      case "ImportDeclaration":
        return this.#readImport(statement);
      case "ExportAllDeclaration":
        this.exportsAllOf.push(moduleOf(statement) ?? "");
        return;
      case "ExportNamedDeclaration":
        return this.#readExport(statement);
      case "ExportDefaultDeclaration":
        this.exports.set("default", { module: null, name: "default", typeOnly: false });
        return this.#declare("default", statement);
      default:
        for (const name of namesDeclaredBy(statement)) this.#declare(name, statement);
    }
  }

  #readImport(statement: Node): void {
    const module = moduleOf(statement);
    for (const specifier of nodesAt(statement, "specifiers")) {
      const name = specifier.type === "ImportSpecifier" ? nameOf(specifier.imported) : "default";
      this.imports.set(nameOf(specifier.local), { module, name: specifier.type.includes("Namespace") ? "*" : name });
    }
  }

  #readExport(statement: Node): void {
    const { declaration } = statement;
    if (isNode(declaration)) {
      for (const name of namesDeclaredBy(declaration)) {
        this.#declare(name, declaration);
        this.exports.set(name, { module: null, name, typeOnly: false });
      }
    }
    const module = moduleOf(statement);
    for (const specifier of nodesAt(statement, "specifiers")) {
      const typeOnly = statement.exportKind === "type" || specifier.exportKind === "type";
      this.exports.set(nameOf(specifier.exported), { module, name: nameOf(specifier.local), typeOnly });
    }
  }

  #declare(name: string, node: Node): void {
    const isType = node.type === "TSInterfaceDeclaration" || node.type === "TSTypeAliasDeclaration";
    const text = withoutComments(this.#source.slice(node.start, node.end)).replace(/^(export )?(declare )?/, "");
    const before = this.declarations.get(name) ?? [];
    this.declarations.set(name, [...before, { text, isType, uses: usesIn(node) }]);
  }
}

function moduleOf({ source }: Node): string | null {
  return isNode(source) && typeof source.value === "string" ? source.value : null;
}

/** The name of something else stands here in a node, by the node's type. */
const NAMES_AT: Readonly<Record<string, string>> = {
  TSTypeReference: "typeName",
  TSTypeQuery: "exprName",
  TSInterfaceHeritage: "expression",
  TSClassImplements: "expression",
  ClassDeclaration: "superClass",
};

/** It returns what a declaration refers to by type, without its own type parameters. */
function usesIn(node: Node): Reference[] {
  const own = new Set(parametersIn(node));
  return referencesIn(node).filter(({ module, name }) => module !== null || !own.has(name));
}

function referencesIn(node: Node): Reference[] {
  const key = NAMES_AT[node.type];
  const name = key === undefined ? null : leftmost(node[key]);
  const own = name === null ? [] : [{ module: null, name }];
  const inPlace =
    node.type === "TSImportType" ? [{ module: moduleOf(node), name: leftmost(node.qualifier) ?? "*" }] : [];
  return [...own, ...inPlace, ...partsOf(node).flatMap(referencesIn)];
}

function parametersIn(node: Node): string[] {
  const own = node.type === "TSTypeParameter" ? [nameOf(node.name)] : [];
  return [...own, ...partsOf(node).flatMap(parametersIn)];
}

function partsOf(node: Node): Node[] {
  return Object.keys(node).flatMap((key) => nodesAt(node, key));
}

/** It returns `A` for `A.B.C`. */
function leftmost(node: unknown): string | null {
  if (!isNode(node)) return null;
  if (node.type === "Identifier") return nameOf(node);
  return leftmost(node.left ?? node.object);
}

/** Strings are left as they are, whatever stands in them. Where a comment had broken a union, it is joined again. */
function withoutComments(text: string): string {
  return text
    .replace(/("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, "$1")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => line.trimEnd())
    .join("\n")
    .replace(/\n\s*([|&]) /g, " $1 ")
    .replace(/([=|&])\n\s*/g, "$1 ");
}
