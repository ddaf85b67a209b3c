/** packages/protocol/SPEC.md and the tests are held together here. */

import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** It says what is missing or wrong, in one sentence each. */
export function specProblems(rules: readonly Rule[], named: Named): string[] {
  const ids = new Set(rules.map((rule) => rule.id));
  const twice = rules.filter((rule, index) => rules.findIndex(({ id }) => id === rule.id) !== index);
  const unknown = [...named].flatMap(([path, found]) =>
    [...found]
      .filter((id) => !ELSEWHERE.has(id.charAt(0)) && !ids.has(id))
      .map((id) => `${path} names [${id}], which the spec doesn't have`),
  );
  return [
    ...twice.map(({ id }) => `[${id}] stands twice in the spec`),
    ...rules.flatMap((rule) => ruleProblems(rule, named)),
    ...unknown,
  ];
}

/**
 * A rule of the spec is a line that begins with its number in bold brackets, `**[R1]**`. The line `Tests: path, path`
 * under it names the files of tests whose titles begin with `[R1]`. It returns the rules in their order.
 */
export function rulesOf(spec: string): Rule[] {
  const rules: { id: string; tests: string[] | null }[] = [];
  for (const line of spec.split("\n")) {
    const id = RULE.exec(line)?.[1];
    if (id !== undefined) rules.push({ id, tests: null });
    const paths = POINTER.exec(line)?.[1];
    const rule = rules.at(-1);
    if (paths !== undefined && rule !== undefined) rule.tests = paths.split(",").flatMap((path) => path.trim() || []);
  }
  return rules;
}

export interface Rule {
  readonly id: string;
  /** Its `Tests:` line names these files. It is null when there is no such line. */
  readonly tests: readonly string[] | null;
}

export const SPEC_PATH = "packages/protocol/SPEC.md";
const TESTS = "{packages,apps,tests,examples}/**/*.test.{ts,tsx}";
/** These files name their rules in JSON. Each has the test that runs every one of them. */
const BY_RULE_IN_JSON = [
  { files: "packages/protocol/vectors/*.json", test: "packages/protocol/src/vectors.test.ts" },
  { files: "packages/conformance/scenarios/server/*.json", test: "tests/conformance/server.test.ts" },
  { files: "packages/conformance/scenarios/client/*.json", test: "tests/conformance/client.test.ts" },
];
/** These families of numbers are not the spec's: the items of SECURITY.md, and the bounds of docs/OPERATIONS.md. */
const ELSEWHERE = new Set(["C", "B"]);

const RULE = /^\*\*\[([A-Z]\d+[a-z]?)\]\*\*/;
const POINTER = /^Tests:(.*)$/;

/** A title stands in `test("…`, in `describe.concurrent("…`, and for tables in `test.each(…)("…`. */
const TITLE = /(?:\b(?:test|it|describe)(?:\.\w+)*\(|\)\()\s*["'`]((?:\[[A-Z]\d+[a-z]?(?:, ?[A-Z]\d+[a-z]?)*\]\s?)+)/g;
const ID = /[A-Z]\d+[a-z]?/g;

/** It returns the rules that titles of tests begin with: `"[R1] …"`, `"[R1] [R2] …"` or `"[R1, R2] …"`. */
export function rulesNamedIn(source: string): Set<string> {
  const named = new Set<string>();
  for (const [, brackets] of source.matchAll(TITLE)) {
    for (const [id] of (brackets ?? "").matchAll(ID)) named.add(id);
  }
  return named;
}

/** It returns the rules that a file of vectors or a scenario names, in members `rule`. */
export function rulesInJson(text: string): string[] {
  const value: unknown = JSON.parse(text);
  const found: string[] = [];
  const look = (part: unknown): void => {
    if (typeof part !== "object" || part === null) return;
    for (const [name, member] of Object.entries(part)) {
      if (name === "rule" && typeof member === "string") found.push(member);
      else look(member);
    }
  };
  look(value);
  return found;
}

/** Each file of tests names these rules. The files stand by path. */
export type Named = ReadonlyMap<string, ReadonlySet<string>>;

function ruleProblems({ id, tests }: Rule, named: Named): string[] {
  if (tests === null) return [`[${id}] has no line "Tests:"`];
  const problems = tests
    .filter((path) => named.get(path)?.has(id) !== true)
    .map((path) => `[${id}] points to ${path}, where no test names it`);
  if (filesNaming(id, named).length === 0) problems.push(`[${id}] is named by no test`);
  else if (tests.length === 0) problems.push(`[${id}] points to no test, though there are some`);
  return problems;
}

function filesNaming(id: string, named: Named): string[] {
  return [...named]
    .filter(([, found]) => found.has(id))
    .map(([path]) => path)
    .sort();
}

/** It returns the spec, in which every `Tests:` line names all files that name its rule. */
export function withPointers(spec: string, named: Named): string {
  let rule: string | undefined;
  const lines = spec.split("\n").map((line) => {
    rule = RULE.exec(line)?.[1] ?? rule;
    if (rule === undefined || !POINTER.test(line)) return line;
    return `Tests: ${filesNaming(rule, named).join(", ")}`.trimEnd();
  });
  return lines.join("\n");
}

export function rulesNamedUnder(root: string): Named {
  const read = (path: string) => readFileSync(join(root, path), "utf8");
  const paths = globSync(TESTS, { cwd: root, exclude: (path) => /(^|[\\/])(node_modules|dist)$/.test(path) });
  const named = new Map(paths.map((path) => [path.replaceAll("\\", "/"), rulesNamedIn(read(path))]));
  for (const { files, test } of BY_RULE_IN_JSON) {
    const ids = globSync(files, { cwd: root }).flatMap((path) => rulesInJson(read(path)));
    named.set(test, new Set([...(named.get(test) ?? []), ...ids]));
  }
  return named;
}

/**
 * It is run by `node --conditions=source scripts/spec-check.ts`. With `--write` it brings the `Tests:` lines up to
 * date.
 */
function main(root: string): void {
  const spec = readFileSync(join(root, SPEC_PATH), "utf8");
  const named = rulesNamedUnder(root);
  const current = process.argv.includes("--write") ? withPointers(spec, named) : spec;
  if (current !== spec) writeFileSync(join(root, SPEC_PATH), current);
  const rules = rulesOf(current);
  const problems = specProblems(rules, named);
  for (const problem of problems) console.error(problem);
  console.log(`spec: ${rules.length} rules, ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

if (import.meta.main) main(process.cwd());
