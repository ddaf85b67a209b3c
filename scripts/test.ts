/** `npm test` runs every check and every test, in a real browser, too. The last line is `N passed, N failed`. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findChromium } from "../tests/browser/chromium.ts";
import { apiPages, apiProblems } from "./api-report.ts";
import { architectureViolations, describeViolation } from "./architecture.ts";
import { BOUNDS } from "./bounds-check.ts";
import { compileTypes, findUnused, lint } from "./check/check-tools.ts";
import { type TitleTable, tableProblems, titlesUnder } from "./check/title-table.ts";
import { wordProblems } from "./glossary-check.ts";
import { ROOT } from "./run.ts";
import { SECURITY } from "./security-check.ts";
import { rulesNamedUnder, rulesOf, SPEC_PATH, specProblems } from "./spec-check.ts";
import { withBundles } from "./test/bundled-programs.ts";
import { startAndEnd } from "./test/first-start.ts";
import { runVitest } from "./test/run-vitest.ts";
import { concludeTests, type TestTally } from "./test/tally.ts";
import { TIMES_FILE_VARIABLE, TIMES_PATH } from "./test/test-times.ts";

/** A check is no Vitest test. It throws with what is wrong. */
type Check = readonly [name: string, check: () => Promise<unknown>];

/** The tests need these, or are faster after them. */
const CHECKS_BEFORE: readonly Check[] = [
  ["types, and lines that must not compile", async () => assertSuccess(await compileTypes())],
  ["the product starts and ends", startAndEnd],
  ["a Chromium for the browser tests", findChromium],
];

/** The tests often wait for processes and timers. These checks use that time. */
const CHECKS_BESIDE: readonly Check[] = [
  ["lint", async () => assertSuccess(await lint())],
  ["architecture", async () => assertNone((await architectureViolations(ROOT)).map(describeViolation))],
  [
    "every rule of the spec has a test",
    async () => assertNone(specProblems(rulesOf(read(SPEC_PATH)), rulesNamedUnder(ROOT))),
  ],
  ["every item of SECURITY.md has a test", async () => assertTitles(SECURITY)],
  ["every bound of docs/OPERATIONS.md has a test", async () => assertTitles(BOUNDS)],
  ["every API is the one that its page in docs/api has", async () => assertNone(apiProblems(ROOT, apiPages(ROOT)))],
  ["every name has one meaning, and comments are sentences", async () => assertNone(wordProblems(ROOT))],
  ["nothing is there that nobody uses", async () => assertSuccess(await findUnused())],
];

/**
 * With arguments only Vitest runs, and they are its own: `npm test -- packages/client -t "gap"`. `npm test -- --note-times` runs
 * all, and notes in `scripts/test-times.json` how long each file took. That is expected next time.
 */
const args = process.argv.slice(2);
const notes = args.includes("--note-times");
const forVitest = args.filter((arg) => arg !== "--note-times");
const runTests = async () => [await runVitest(forVitest, notes ? { [TIMES_FILE_VARIABLE]: TIMES_PATH } : {})];
concludeTests(forVitest.length === 0 ? await runAll() : await runTests());

async function runAll(): Promise<TestTally[]> {
  Object.assign(process.env, await withBundles());
  const before = await Promise.all(CHECKS_BEFORE.map(runCheck));
  return [...before, ...(await Promise.all([runChecks(CHECKS_BESIDE), runTests()])).flat()];
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

function assertSuccess(exitCode: number): void {
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}`);
}

function assertTitles(table: TitleTable): void {
  assertNone(tableProblems(table, read(table.path), titlesUnder(ROOT, table)));
}

function assertNone(problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

async function runChecks(checks: readonly Check[]): Promise<TestTally[]> {
  const done: TestTally[] = [];
  for (const check of checks) done.push(await runCheck(check));
  return done;
}

async function runCheck([name, check]: Check): Promise<TestTally> {
  try {
    await check();
    console.log(` ✓ ${name}`);
    return { passed: 1, failed: 0 };
  } catch (error) {
    console.error(` × ${name}\n${error instanceof Error ? error.message : String(error)}`);
    return { passed: 0, failed: 1 };
  }
}
