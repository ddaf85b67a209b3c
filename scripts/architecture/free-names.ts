/** The free names of a module are the globals that it uses, and here stand the modules that it names, too. */

import { isNode, type Node, nodesAt, parseSource } from "./syntax.ts";

/** It throws the parser's error when the source is not valid TypeScript. */
export function namesOf(source: string, path: string): ModuleNames {
  const program = parseSource(source, path);
  const walk = new Walk();
  walk.scoped(program, { names: new Set(), outer: null }, [program]);
  const inTypes = source.includes("import(") ? modulesInTypes(program) : [];
  return { free: walk.free, modules: [...walk.modules, ...inTypes] };
}

/** A free name is read, called or written in the module, and declared nowhere in it. So it is a global. */
export interface FreeName {
  readonly name: string;
  readonly node: Node;
  readonly parent: Node;
  /** This is the parent's parent. */
  readonly grandparent: Node | null;
}

/**
 * The module names another by `import`, by `export … from`, or by `import("…")` with a literal, as a value or as a
 * type.
 */
export interface ModuleReference {
  readonly specifier: string;
  readonly start: number;
  readonly typeOnly: boolean;
}

export interface ModuleNames {
  readonly free: readonly FreeName[];
  readonly modules: readonly ModuleReference[];
}

interface Scope {
  readonly names: Set<string>;
  readonly outer: Scope | null;
}

const SCOPE_NODES: ReadonlySet<string> = new Set([
  "ArrowFunctionExpression",
  "BlockStatement",
  "CatchClause",
  "ClassExpression",
  "ForInStatement",
  "ForOfStatement",
  "ForStatement",
  "FunctionDeclaration",
  "FunctionExpression",
  "StaticBlock",
  "SwitchStatement",
]);

/** These nodes of TypeScript's own hold an expression. All others are types, which do nothing when run. */
const EXPRESSIONS_WITH_A_TYPE: ReadonlySet<string> = new Set([
  "TSAsExpression",
  "TSInstantiationExpression",
  "TSNonNullExpression",
  "TSSatisfiesExpression",
  "TSTypeAssertion",
]);

/** Types name these modules in place, as in `import("./part.ts").Part`. The walk passes types by. */
function modulesInTypes(node: Node): ModuleReference[] {
  const { source } = node;
  const own =
    node.type === "TSImportType" && isNode(source) && typeof source.value === "string"
      ? [{ specifier: source.value, start: source.start, typeOnly: true }]
      : [];
  return [...own, ...Object.keys(node).flatMap((key) => nodesAt(node, key).flatMap(modulesInTypes))];
}

class Walk {
  readonly free: FreeName[] = [];
  readonly modules: ModuleReference[] = [];

  /** Declarations count for their whole scope, so they are gathered before its references are looked at. */
  scoped(node: Node, scope: Scope, path: readonly Node[]): void {
    for (const child of childrenOf(node)) declareIn(child, scope.names);
    if (node.type.includes("Function"))
      for (const parameter of nodesAt(node, "params")) addPattern(parameter, scope.names);
    if (node.type === "CatchClause") addPattern(node.param, scope.names);
    if (node.type.endsWith("Expression") && isNode(node.id)) addPattern(node.id, scope.names);
    for (const child of childrenOf(node)) this.visit(child, scope, [...path, child]);
  }

  private visit(node: Node, scope: Scope, path: readonly Node[]): void {
    this.noteModule(node);
    if (node.type === "Identifier") this.reference(node, scope, path);
    else if (SCOPE_NODES.has(node.type)) this.scoped(node, { names: new Set(), outer: scope }, path);
    else for (const child of childrenOf(node)) this.visit(child, scope, [...path, child]);
  }

  private reference(node: Node, scope: Scope, path: readonly Node[]): void {
    const name = node.name as string;
    const parent = path.at(-2) as Node;
    for (let at: Scope | null = scope; at !== null; at = at.outer) if (at.names.has(name)) return;
    this.free.push({ name, node, parent, grandparent: path.at(-3) ?? null });
  }

  private noteModule(node: Node): void {
    const source = node.source;
    if (!isNode(source) || typeof source.value !== "string") return;
    const typeOnly = node.importKind === "type" || node.exportKind === "type";
    this.modules.push({ specifier: source.value, start: source.start, typeOnly });
  }
}

/**
 * It returns the nodes directly below one that can run, without names that are only labels, such as keys, members and
 * types.
 */
function childrenOf(node: Node): Node[] {
  if (node.type.startsWith("TS")) return EXPRESSIONS_WITH_A_TYPE.has(node.type) ? nodesAt(node, "expression") : [];
  const skipped = labelsOf(node);
  return Object.keys(node).flatMap((key) => (skipped.includes(key) ? [] : nodesAt(node, key)));
}

function labelsOf(node: Node): readonly string[] {
  switch (node.type) {
    case "MemberExpression":
      return node.computed === true ? [] : ["property"];
    case "Property":
    case "MethodDefinition":
    case "PropertyDefinition":
    case "AccessorProperty":
      return node.computed === true ? [] : ["key"];
    case "ImportDeclaration":
    case "ExportAllDeclaration":
    case "MetaProperty":
      return Object.keys(node);
    case "ExportNamedDeclaration":
      return isNode(node.source) || node.exportKind === "type" ? ["specifiers"] : [];
    case "ExportSpecifier":
      return node.exportKind === "type" ? ["local", "exported"] : ["exported"];
    case "BreakStatement":
    case "ContinueStatement":
    case "LabeledStatement":
      return ["label"];
    default:
      return [];
  }
}

function declareIn(node: Node, names: Set<string>): void {
  if (node.type === "ExportNamedDeclaration" || node.type === "ExportDefaultDeclaration") {
    if (isNode(node.declaration)) declareIn(node.declaration, names);
  } else if (node.type === "ImportDeclaration") {
    for (const specifier of nodesAt(node, "specifiers")) addPattern(specifier.local, names);
  } else if (node.type === "VariableDeclaration") {
    for (const declarator of nodesAt(node, "declarations")) addPattern(declarator.id, names);
  } else if (
    node.type === "FunctionDeclaration" ||
    node.type === "ClassDeclaration" ||
    node.type === "TSEnumDeclaration"
  ) {
    addPattern(node.id, names);
  } else if (node.type === "SwitchCase") {
    for (const statement of nodesAt(node, "consequent")) declareIn(statement, names);
  }
}

/** It adds the names that a parameter or the left side of a declaration brings in. */
function addPattern(pattern: unknown, names: Set<string>): void {
  if (!isNode(pattern)) return;
  if (pattern.type === "Identifier") names.add(pattern.name as string);
  else if (pattern.type === "ObjectPattern")
    for (const property of nodesAt(pattern, "properties")) addPattern(property, names);
  else if (pattern.type === "ArrayPattern")
    for (const element of nodesAt(pattern, "elements")) addPattern(element, names);
  else if (pattern.type === "Property") addPattern(pattern.value, names);
  else if (pattern.type === "RestElement") addPattern(pattern.argument, names);
  else if (pattern.type === "AssignmentPattern") addPattern(pattern.left, names);
}
