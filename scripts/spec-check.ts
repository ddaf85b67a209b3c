/**
 * Holds packages/protocol/SPEC.md and the tests together. A rule of the spec is a line that begins with its number in
 * bold brackets, `**[R1]**`; the line `Tests: path, path` under it names the files of tests whose titles begin with
 * `[R1]`. Run it with `node --conditions=source scripts/spec-check.ts`; `-- --write` brings the `Tests:` lines up to date.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const SPEC_PATH = "packages/protocol/SPEC.md";
const TESTS = "{packages,apps,tests,examples}/**/*.test.{ts,tsx}";
/** The vectors name their rules themselves; this test runs every one of them. */
const VECTORS = "packages/protocol/vectors/*.json";
const VECTORS_TEST = "packages/protocol/src/vectors.test.ts";

export interface Rule {
  readonly id: string;
  /** The files that its `Tests:` line names; null: there is no such line. */
  readonly tests: readonly string[] | null;
}

const RULE = /^\*\*\[([A-Z]\d+[a-z]?)\]\*\*/;
const POINTER = /^Tests:(.*)$/;

/** The rules of a spec, in order. */
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

/** The rules named at the beginning of a string literal: `"[R1] …"`, `"[R1] [R2] …"`, `"[R1, R2] …"`. */
export function rulesNamedIn(source: string): Set<string> {
  const named = new Set<string>();
  for (const [, brackets] of source.matchAll(/["'`]((?:\[[A-Z]\d+[a-z]?(?:, ?[A-Z]\d+[a-z]?)*\]\s?)+)/g)) {
    for (const [id] of (brackets ?? "").matchAll(/[A-Z]\d+[a-z]?/g)) named.add(id);
  }
  return named;
}

/** Which rules each file of tests names, by path. */
export type Named = ReadonlyMap<string, ReadonlySet<string>>;

/** What is missing or wrong, one sentence each. Numbers of a family that the spec doesn't have belong to other pages. */
export function specProblems(rules: readonly Rule[], named: Named): string[] {
  const ids = new Set(rules.map((rule) => rule.id));
  const families = new Set(rules.map((rule) => rule.id.charAt(0)));
  const twice = rules.filter((rule, index) => rules.findIndex(({ id }) => id === rule.id) !== index);
  const unknown = [...named].flatMap(([path, found]) =>
    [...found]
      .filter((id) => families.has(id.charAt(0)) && !ids.has(id))
      .map((id) => `${path} names [${id}], which the spec doesn't have`),
  );
  return [
    ...twice.map(({ id }) => `[${id}] stands twice in the spec`),
    ...rules.flatMap((rule) => ruleProblems(rule, named)),
    ...unknown,
  ];
}

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

/** The spec with every `Tests:` line naming all files that name its rule. */
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
  const byVectors = named.get(VECTORS_TEST) ?? new Set();
  for (const path of globSync(VECTORS, { cwd: root })) {
    for (const [, id] of read(path).matchAll(/"rule": "([A-Z]\d+[a-z]?)"/g)) byVectors.add(id as string);
  }
  return named.set(VECTORS_TEST, byVectors);
}

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
