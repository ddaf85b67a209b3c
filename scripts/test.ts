/**
 * `npm test`: every check and every test, in a real browser too. The last line is `N passed, N failed`.
 * With arguments only Vitest runs, and they are its own: `npm test -- packages/client -t "gap"`.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findChromium } from "../tests/browser/chromium.ts";
import { architectureViolations, describeViolation } from "./architecture.ts";
import { compileTypes, lint } from "./check-tools.ts";
import { ROOT, runScript } from "./run.ts";
import { SECURITY_PATH, securityProblems, titlesUnder } from "./security-check.ts";
import { rulesNamedUnder, rulesOf, SPEC_PATH, specProblems } from "./spec-check.ts";
import { COUNTS_FILE_VARIABLE, type Counts } from "./vitest-reporter.ts";

interface Tally {
  readonly passed: number;
  readonly failed: number;
}

/** A check that is no Vitest test; throws with what is wrong. */
type Check = readonly [name: string, check: () => Promise<unknown>];

const CHECKS: readonly Check[] = [
  ["types, and lines that must not compile", async () => assertSuccess(await compileTypes())],
  ["lint", async () => assertSuccess(await lint())],
  ["architecture", async () => assertNone((await architectureViolations(ROOT)).map(describeViolation))],
  [
    "every rule of the spec has a test",
    async () => assertNone(specProblems(rulesOf(read(SPEC_PATH)), rulesNamedUnder(ROOT))),
  ],
  [
    "every item of SECURITY.md has a test",
    async () => assertNone(securityProblems(read(SECURITY_PATH), titlesUnder(ROOT))),
  ],
  ["a Chromium for the browser tests", findChromium],
];

const args = process.argv.slice(2);
const tallies = [...(args.length === 0 ? await runChecks(CHECKS) : []), await runVitest(args)];
const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0);
const failed = tallies.reduce((sum, tally) => sum + tally.failed, 0);
process.exitCode = failed === 0 ? 0 : 1;
console.log(`${passed} passed, ${failed} failed`);

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

function assertSuccess(exitCode: number): void {
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}`);
}

function assertNone(problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

async function runChecks(checks: readonly Check[]): Promise<Tally[]> {
  const tallies: Tally[] = [];
  for (const check of checks) tallies.push(await runCheck(check));
  return tallies;
}

async function runCheck([name, check]: Check): Promise<Tally> {
  try {
    await check();
    console.log(` ✓ ${name}`);
    return { passed: 1, failed: 0 };
  } catch (error) {
    console.error(` × ${name}\n${error instanceof Error ? error.message : String(error)}`);
    return { passed: 0, failed: 1 };
  }
}

/** A crash, an error outside any test, a skipped test and a run without tests are failures too. */
async function runVitest(args: readonly string[]): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), "neverstale-test-"));
  const countsFile = join(folder, "counts.json");
  try {
    const reporters = ["--reporter=default", `--reporter=${join(ROOT, "scripts/vitest-reporter.ts")}`];
    const exitCode = await runScript("node_modules/vitest/vitest.mjs", ["run", ...reporters, ...args], {
      [COUNTS_FILE_VARIABLE]: countsFile,
    });
    return tallyOf(readCounts(countsFile), exitCode, args);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function tallyOf(counts: Counts | null, exitCode: number, args: readonly string[]): Tally {
  if (counts === null) return problem(`Vitest ended with exit code ${exitCode} and no result`);
  const skipped = picksByName(args) ? [] : counts.skipped;
  for (const name of skipped) console.error(` × skipped, which counts as failed: ${name}`);
  const failed = counts.failed + skipped.length;
  if (counts.passed + failed === 0) return problem("no test ran");
  if (exitCode !== 0 && failed === 0)
    return { passed: counts.passed, failed: problem(`Vitest ended with exit code ${exitCode}`).failed };
  return { passed: counts.passed, failed };
}

function problem(what: string): Tally {
  console.error(` × ${what}`);
  return { passed: 0, failed: 1 };
}

/** With a name pattern all other tests are skipped on purpose. */
function picksByName(args: readonly string[]): boolean {
  return args.some((arg) => arg === "-t" || arg.startsWith("--testNamePattern") || arg.startsWith("-t="));
}

/** Null when the run ended before its reporter was called. */
function readCounts(path: string): Counts | null {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Counts;
  } catch {
    return null;
  }
}
