/**
 * Holds SECURITY.md and the tests together. A row of its table is `| C2 | item | tests |`, where the tests are all titles
 * that begin with `[C2]`; a row without any says why it has none. Run it with `node scripts/security-check.ts`;
 * `-- --write` brings the titles up to date.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const SECURITY_PATH = "SECURITY.md";
const TESTS = "{packages,apps,tests,examples}/**/*.test.{ts,tsx}";
const ROW = /^\| (C\d+) \| (.+?) \| (.*) \|$/;
/** How a row begins that no test proves. */
const NO_TEST = /^(Not built yet|Not tested yet|By construction|For the operator): ./;

/** The titles of tests for each item, with their file: `C2` to `only an exact Origin … (path)`. */
export type Titles = ReadonlyMap<string, readonly string[]>;

/** A title is a string literal that begins with `[C2]`. */
export function titlesIn(source: string): [item: string, title: string][] {
  return [...source.matchAll(/(["'`])\[(C\d+)\] ((?:\\.|(?!\1)[^\\])+)\1/g)].map(([, , item = "", title = ""]) => [
    item,
    title.replaceAll("|", "\\|"),
  ]);
}

export function titlesUnder(root: string): Titles {
  const titles = new Map<string, string[]>();
  const paths = globSync(TESTS, { cwd: root, exclude: (path) => /(^|[\\/])(node_modules|dist)$/.test(path) });
  for (const path of paths.map((path) => path.replaceAll("\\", "/")).sort()) {
    for (const [item, title] of titlesIn(readFileSync(join(root, path), "utf8"))) {
      titles.set(item, [...(titles.get(item) ?? []), `${title} ([${path.split("/").at(-1)}](${path}))`]);
    }
  }
  return titles;
}

/** What is missing or wrong, one sentence each. A title that the table doesn't list yet is no problem. */
export function securityProblems(page: string, titles: Titles): string[] {
  const rows = page.split("\n").flatMap((line) => {
    const [row, item = "", , tests = ""] = ROW.exec(line) ?? [];
    return row === undefined ? [] : [{ item, tests }];
  });
  const unlisted = [...titles.keys()].filter((item) => !rows.some((row) => row.item === item));
  return [
    ...(rows.length === 0 ? [`${SECURITY_PATH} has no table`] : []),
    ...rows.flatMap(({ item, tests }) => rowProblems(item, tests, titles.get(item) ?? [])),
    ...unlisted.map((item) => `tests name [${item}], which ${SECURITY_PATH} doesn't have`),
  ];
}

function rowProblems(item: string, tests: string, titles: readonly string[]): string[] {
  if (titles.length === 0) return NO_TEST.test(tests) ? [] : [`${item} has no test and does not say why`];
  const gone = tests.split("<br>").filter((title) => !titles.includes(title));
  return gone.map((title) => `${item} lists a test that is not there: ${title}`);
}

/** The page with all titles there are. */
export function withTitles(page: string, titles: Titles): string {
  const lines = page.split("\n").map((line) => {
    const [row, item = "", text] = ROW.exec(line) ?? [];
    const found = titles.get(item);
    return row === undefined || found === undefined ? line : `| ${item} | ${text} | ${found.join("<br>")} |`;
  });
  return lines.join("\n");
}

function main(root: string): void {
  const path = join(root, SECURITY_PATH);
  const titles = titlesUnder(root);
  const page = readFileSync(path, "utf8");
  const current = process.argv.includes("--write") ? withTitles(page, titles) : page;
  if (current !== page) writeFileSync(path, current);
  const problems = securityProblems(current, titles);
  for (const problem of problems) console.error(problem);
  console.log(`security: ${titles.size} items with tests, ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

if (import.meta.main) main(process.cwd());
