/** The argv of a command is its op's template, filled with arguments that were checked. */

import type { FileOp } from "./file-op.ts";

/** `{node}` and `{shipped}` in a template stand for these places of the agent's own programs. */
export interface Places {
  readonly node: string;
  readonly shipped: string;
}

export type Argv = { readonly argv: readonly string[] } | { readonly problem: string };

/** Other braces stand for themselves: `{}`, `{ print }`. */
const PLACEHOLDER = /\{(\w[\w-]*)\}/g;
const PLACES = new Set(["node", "shipped"]);

/**
 * Fills the template with arguments that have passed `checkArgs`. Each part of the template stays one part, whatever the
 * arguments hold. A part that would begin with `-` only because of an argument is refused unless a `--` stands before it.
 */
export function argvOf(op: FileOp, args: Readonly<Record<string, string | number>>, places: Places): Argv {
  for (const [name, value] of Object.entries(args)) {
    const problem = valueProblem(op, name, value);
    if (problem !== null) return { problem: `${name} ${problem}` };
  }
  const fill = (_: string, name: string) =>
    name === "node" ? places.node : name === "shipped" ? places.shipped : String(args[name]);
  const operandsFrom = op.argv.indexOf("--");
  const argv = op.argv.map((part) => part.replace(PLACEHOLDER, fill));
  const option = argv.findIndex((part, index) => {
    const isOperand = operandsFrom !== -1 && index > operandsFrom;
    return part.startsWith("-") && !op.argv[index]?.startsWith("-") && !isOperand;
  });
  return option === -1 ? { argv } : { problem: `${JSON.stringify(argv[option])} would be read as an option` };
}

/** Returns what is wrong with an op's template, or null: names that don't exist, arguments that are never used. */
export function templateProblem(op: FileOp): string | null {
  const used = new Set(op.argv.flatMap((part) => [...part.matchAll(PLACEHOLDER)].map((match) => match[1] ?? "")));
  const taken = Object.keys(op.args).find((name) => PLACES.has(name));
  if (taken !== undefined) return `{${taken}} stands for a place of the agent's own: give the argument another name`;
  const unknown = [...used].find((name) => !PLACES.has(name) && !Object.hasOwn(op.args, name));
  if (unknown !== undefined) return `{${unknown}} is no argument of this op`;
  const unused = Object.keys(op.args).find((name) => !used.has(name));
  if (unused !== undefined) return `the argument ${unused} is never used`;
  const program = op.argv[0] ?? "";
  return [...program.matchAll(PLACEHOLDER)].some((match) => !PLACES.has(match[1] ?? ""))
    ? "the program itself can't come from an argument"
    : null;
}

function valueProblem(op: FileOp, name: string, value: string | number): string | null {
  const spec = op.args[name];
  if (spec === undefined) return "is no argument of this op";
  if (typeof value === "number") return null;
  if (hasControlCharacter(value) || !value.isWellFormed()) return "holds characters that no argument may hold";
  return spec.type === "text" && !spec.pattern.matches(value) ? "doesn't match what this host allows" : null;
}

function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x20 || unit === 0x7f) return true;
  }
  return false;
}
