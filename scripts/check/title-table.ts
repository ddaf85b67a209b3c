/** A table of a page is held to the titles of tests. */

import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";

/**
 * Its rows are like `| C2 | text | … | tests |`. The tests are all titles in which `[C2]` stands among the tags in
 * front. A row without any says why it has none.
 */
export interface TitleTable {
  /** It is the path of the page, below the root. */
  readonly path: string;
  /** An item's number begins with this. */
  readonly letter: string;
  /** The last line says by this word what is counted. */
  readonly word: string;
}

/** It says what is missing or wrong, in one sentence each. A title that the table doesn't list yet is no problem. */
export function tableProblems({ path, letter }: TitleTable, page: string, titles: Titles): string[] {
  const rows = page.split("\n").flatMap((line) => rowOf(line, letter) ?? []);
  const items = rows.map((row) => row.item);
  const unlisted = [...titles.keys()].filter((item) => !items.includes(item));
  return [
    ...(rows.length === 0 ? [`${path} has no table`] : []),
    ...items.filter((item, at) => items.indexOf(item) !== at).map((item) => `${path} has ${item} twice`),
    ...unnumbered(page, letter).map((line) => `${path} has a row without a number: ${line.slice(0, 60)}`),
    ...rows.flatMap(({ item, tests }) => rowProblems(item, tests, titles.get(item) ?? [])),
    ...unlisted.map((item) => `tests name [${item}], which ${path} doesn't have`),
  ];
}

/** It checks the table and sets the exit code. With `--write` it brings the titles up to date first. */
export function checkTable(table: TitleTable, root: string, args: readonly string[]): void {
  const path = join(root, table.path);
  const titles = titlesUnder(root, table);
  const page = readFileSync(path, "utf8");
  const current = args.includes("--write") ? withTitles(page, table.letter, titles) : page;
  if (current !== page) writeFileSync(path, current);
  const problems = tableProblems(table, current, titles);
  for (const problem of problems) console.error(problem);
  console.log(`${table.word}: ${titles.size} items with tests, ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

/**
 * Each item has the titles of its tests, with a link from the page to their file: `C2` has `only an exact Origin …
 * (path)`.
 */
export type Titles = ReadonlyMap<string, readonly string[]>;

const TESTS = "{packages,apps,tests,examples}/**/*{.test,-suite}.{ts,tsx}";
/** A row that no test proves begins like this. */
const NO_TEST = /^(Not built yet|Not tested yet|By construction|For the operator): ./;

/** A title is a string literal that begins with its tags: `[C2] …`, `[A10] [B7] …`. */
export function titlesIn(source: string, letter: string): [item: string, title: string][] {
  const literals = source.matchAll(/(["'`])((?:\[[A-Z]+\d+[a-z]?\] )+)((?:\\.|(?!\1)[^\\])+)\1/g);
  return [...literals].flatMap(([, , tags = "", title = ""]) => {
    const items = tags.match(new RegExp(`\\b${letter}\\d+\\b`, "g")) ?? [];
    return items.map((item): [string, string] => [item, title.replaceAll("|", "\\|")]);
  });
}

export function titlesUnder(root: string, { path: page, letter }: TitleTable): Titles {
  const titles = new Map<string, string[]>();
  const paths = globSync(TESTS, { cwd: root, exclude: (path) => /(^|[\\/])(node_modules|dist)$/.test(path) });
  for (const path of paths.map((path) => path.replaceAll("\\", "/")).sort()) {
    for (const [item, title] of titlesIn(readFileSync(join(root, path), "utf8"), letter)) {
      const link = `[${posix.basename(path)}](${posix.relative(posix.dirname(page), path)})`;
      titles.set(item, [...(titles.get(item) ?? []), `${title} (${link})`]);
    }
  }
  return titles;
}

interface Row {
  readonly item: string;
  readonly text: string;
  readonly tests: string;
}

/** It returns the rows that stand in the table without a number of their own. */
function unnumbered(page: string, letter: string): string[] {
  const lines = page.split("\n");
  const isRow = (line: string | undefined) => line?.startsWith("| ") === true;
  return lines.filter((line, at) => {
    if (!isRow(line) || rowOf(line, letter) !== null || lines[at + 1]?.startsWith("|--") === true) return false;
    const above = lines.slice(0, at).reverse();
    const block = above.slice(
      0,
      above.findIndex((other) => !other.startsWith("|")),
    );
    return block.some((other) => rowOf(other, letter) !== null);
  });
}

function rowOf(line: string, letter: string): Row | null {
  if (!line.startsWith("| ") || !line.endsWith(" |")) return null;
  const cells = line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
  const item = cells[0] ?? "";
  if (cells.length < 3 || !new RegExp(`^${letter}\\d+$`).test(item)) return null;
  return { item, text: cells.slice(1, -1).join(" | "), tests: cells.at(-1) ?? "" };
}

function rowProblems(item: string, tests: string, titles: readonly string[]): string[] {
  if (titles.length === 0) return NO_TEST.test(tests) ? [] : [`${item} has no test and does not say why`];
  const gone = tests.split("<br>").filter((title) => !titles.includes(title));
  return gone.map((title) => `${item} lists a test that is not there: ${title}`);
}

/** It returns the page with all titles that there are. */
export function withTitles(page: string, letter: string, titles: Titles): string {
  const lines = page.split("\n").map((line) => {
    const row = rowOf(line, letter);
    const found = row === null ? undefined : titles.get(row.item);
    return row === null || found === undefined ? line : `| ${row.item} | ${row.text} | ${found.join("<br>")} |`;
  });
  return lines.join("\n");
}
