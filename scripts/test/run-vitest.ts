/** Vitest is run here, and it is decided what counts as a failure. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT, runScript } from "../run.ts";
import { endLeftovers, RUN_VARIABLE } from "./leftovers.ts";
import { problem, type TestTally } from "./tally.ts";
import { COUNTS_FILE_VARIABLE, type Counts } from "./vitest-reporter.ts";

/**
 * A crash, an error outside any test, a skipped test, a run without tests and a process that a test leaves behind are
 * failures, too.
 */
export async function runVitest(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<TestTally> {
  const folder = mkdtempSync(join(tmpdir(), "neverstale-test-"));
  const countsFile = join(folder, "counts.json");
  const run = folder.slice(folder.lastIndexOf("-") + 1);
  try {
    const reporters = ["--reporter=default", `--reporter=${join(ROOT, "scripts/test/vitest-reporter.ts")}`];
    const exitCode = await runScript("node_modules/vitest/vitest.mjs", ["run", ...reporters, ...args], {
      ...env,
      [COUNTS_FILE_VARIABLE]: countsFile,
      [RUN_VARIABLE]: run,
    });
    return withLeftovers(tallyOf(readCounts(countsFile), exitCode, args), await endLeftovers(run));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function withLeftovers(tally: TestTally, left: readonly string[]): TestTally {
  for (const command of left) console.error(` × a process was left behind, and has been ended: ${command}`);
  return { passed: tally.passed, failed: tally.failed + left.length };
}

function tallyOf(counts: Counts | null, exitCode: number, args: readonly string[]): TestTally {
  if (counts === null) return problem(`Vitest ended with exit code ${exitCode} and no result`);
  const skipped = picksByName(args) ? [] : counts.skipped;
  for (const name of skipped) console.error(` × skipped, which counts as failed: ${name}`);
  const failed = counts.failed + skipped.length;
  if (counts.passed + failed === 0) return problem("no test ran");
  if (exitCode !== 0 && failed === 0)
    return { passed: counts.passed, failed: problem(`Vitest ended with exit code ${exitCode}`).failed };
  return { passed: counts.passed, failed };
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
