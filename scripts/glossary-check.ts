/** Names are held to docs/GLOSSARY.md here, and the comments of source files to whole sentences. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./run.ts";
import { commentProblems } from "./words/comments.ts";
import { GLOSSARY_PATH, nameProblems, namesInGlossary } from "./words/exported-names.ts";
import { areaOf, readSourceTexts, type SourceText } from "./words/source-text.ts";

/** It returns one sentence for each name, each comment and each row of the glossary that is wrong. Comments of areas in `notHeld` are left out. */
export function wordProblems(root: string, notHeld: readonly string[] = []): string[] {
  const sources = readSourceTexts(root);
  const glossary = namesInGlossary(readFileSync(join(root, GLOSSARY_PATH), "utf8"));
  const held = sources.filter(({ path }) => !notHeld.includes(areaOf(path)));
  return [...nameProblems(sources, glossary), ...commentsIn(held)];
}

function commentsIn(sources: readonly SourceText[]): string[] {
  return sources.flatMap(commentProblems).map(({ path, line, what }) => `${path}:${line} ${what}`);
}

function ofAreas(sources: readonly SourceText[], areas: readonly string[]): SourceText[] {
  return sources.filter(({ path }) => areas.includes(areaOf(path)));
}

/**
 * It is run by `node --conditions=source scripts/glossary-check.ts`. With the names of areas, such as
 * `packages/client`, it tells of every comment there.
 */
function main(areas: readonly string[]): void {
  const sources = readSourceTexts(ROOT);
  const problems = areas.length > 0 ? commentsIn(ofAreas(sources, areas)) : wordProblems(ROOT);
  for (const problem of problems) console.error(problem);
  console.log(`words: ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

if (import.meta.main) main(process.argv.slice(2));
