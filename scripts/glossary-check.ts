/** Names are held to docs/GLOSSARY.md here, and the comments of source files to whole sentences. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./run.ts";
import { commentProblems } from "./words/comments.ts";
import { GLOSSARY_PATH, nameProblems, namesInGlossary } from "./words/exported-names.ts";
import { areaOf, readSourceTexts, type SourceText } from "./words/source-text.ts";

/** It returns one sentence for each name, each comment and each row of the glossary that is wrong. */
export function wordProblems(root: string, held: readonly string[] = HELD): string[] {
  const sources = readSourceTexts(root);
  const glossary = namesInGlossary(readFileSync(join(root, GLOSSARY_PATH), "utf8"));
  return [...nameProblems(sources, glossary), ...commentsIn(sources, held)];
}

/** The comments of these areas are held. Those of the others are counted. */
const HELD: readonly string[] = [
  "apps/fleet/agent",
  "apps/fleet/cli",
  "apps/fleet/client",
  "apps/fleet/domain",
  "apps/fleet/server",
  "apps/fleet/web",
  "bench",
  "packages/base",
  "packages/client",
  "packages/conformance",
  "packages/protocol",
  "packages/react",
  "packages/sim",
  "packages/store-sqlite",
  "scripts",
];

function commentsIn(sources: readonly SourceText[], areas: readonly string[]): string[] {
  const found = sources.filter(({ path }) => areas.includes(areaOf(path))).flatMap(commentProblems);
  return found.map(({ path, line, what }) => `${path}:${line} ${what}`);
}

function printOthers(sources: readonly SourceText[]): void {
  const areas = new Set(sources.map(({ path }) => areaOf(path)));
  for (const area of areas) {
    const { length } = commentsIn(sources, [area]);
    if (!HELD.includes(area)) console.log(`not held yet: ${area}, ${length} comments`);
  }
}

/**
 * It is run by `node --conditions=source scripts/glossary-check.ts`. With the names of areas, such as
 * `packages/client`, it tells of every comment there.
 */
function main(areas: readonly string[]): void {
  const problems = areas.length > 0 ? commentsIn(readSourceTexts(ROOT), areas) : wordProblems(ROOT);
  for (const problem of problems) console.error(problem);
  if (areas.length === 0) printOthers(readSourceTexts(ROOT));
  console.log(`words: ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

if (import.meta.main) main(process.argv.slice(2));
