/** The pages in docs/api are held to what the packages export, so that a change of an API is seen in a diff. */

import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { apiOf, type PackageApi } from "./api/package-api.ts";
import { compileTypes } from "./check/check-tools.ts";
import { ROOT } from "./run.ts";

/** It makes the pages as they have to be, for every package that others can install, and for the fleet's client. */
export function apiPages(root: string): ApiPage[] {
  const manifests = globSync(["packages/*/package.json", "apps/fleet/client/package.json"], { cwd: root }).sort();
  return manifests.flatMap((path) => {
    const manifest = JSON.parse(readFileSync(join(root, path), "utf8"));
    const isApi = path.startsWith("apps/") || manifest.private !== true;
    if (!isApi) return [];
    const name = path.startsWith("apps/") ? "fleet-client" : posix.basename(dirname(path).replaceAll("\\", "/"));
    return [{ path: `${PAGES}/${name}.md`, text: pageOf(manifest.name, apiOf(join(root, dirname(path)), manifest)) }];
  });
}

/** It says what differs from the pages in git, in one sentence each. */
export function apiProblems(root: string, pages: readonly ApiPage[]): string[] {
  const problems = pages.flatMap(({ path, text }) => {
    const full = join(root, path);
    if (!existsSync(full)) return [`${path} is missing`];
    const before = readFileSync(full, "utf8");
    return before === text ? [] : [`${path} differs from what the package exports: ${difference(before, text)}`];
  });
  const wanted = new Set(pages.map(({ path }) => path));
  const stray = globSync(`${PAGES}/*.md`, { cwd: root }).map((path) => path.replaceAll("\\", "/"));
  return [...problems, ...stray.filter((path) => !wanted.has(path)).map((path) => `${path} is the page of no package`)];
}

export interface ApiPage {
  /** It is the path below the root. */
  readonly path: string;
  readonly text: string;
}

const PAGES = "docs/api";
const RENEW = "npx node --conditions=source scripts/api-report.ts --write";

function pageOf(name: string, { entries, reached }: PackageApi): string {
  const sections = entries.map(({ specifier, exports }) => section(`\`${specifier}\``, [...exports.values()]));
  if (reached.length > 0) sections.push(section("Not exported, but used by what is", reached));
  return `# API of ${name}\n\nMade by \`${RENEW}\` from the compiler's declarations.\n${sections.join("")}`;
}

function section(title: string, declarations: readonly string[]): string {
  return `\n## ${title}\n\n\`\`\`ts\n${declarations.join("\n\n")}\n\`\`\`\n`;
}

/** It names the first line that is gone, and the first one that is new. */
function difference(before: string, after: string): string {
  const [old, now] = [before.split("\n"), after.split("\n")];
  const gone = old.find((line) => !now.includes(line));
  const added = now.find((line) => !old.includes(line));
  const parts = [gone === undefined ? "" : `gone is \`${gone}\``, added === undefined ? "" : `new is \`${added}\``];
  return parts.filter((part) => part !== "").join(", ") || "the order or a blank line";
}

function writePages(root: string, pages: readonly ApiPage[]): void {
  mkdirSync(join(root, PAGES), { recursive: true });
  for (const { path, text } of pages) writeFileSync(join(root, path), text);
}

/** It is run by `node --conditions=source scripts/api-report.ts`. With `--write` it brings the pages up to date. */
async function main(): Promise<number> {
  if ((await compileTypes()) !== 0) return 1;
  const pages = apiPages(ROOT);
  if (process.argv.includes("--write")) writePages(ROOT, pages);
  const problems = apiProblems(ROOT, pages);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) console.error(`If the API is meant to change, renew its page: ${RENEW}`);
  console.log(`api: ${pages.length} packages, ${problems.length} problems`);
  return problems.length === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main();
