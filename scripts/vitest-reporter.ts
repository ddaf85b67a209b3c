import { writeFileSync } from "node:fs";
import type { SerializedError } from "vitest";
import type { Reporter, TestModule } from "vitest/node";

/** Where the counts go: set by the script that starts Vitest. */
export const COUNTS_FILE_VARIABLE = "NEVERSTALE_TEST_COUNTS_FILE";

export interface Counts {
  readonly passed: number;
  /** Failed tests, modules that could not be loaded, and errors outside any test. */
  readonly failed: number;
  /** Full names of the tests that did not run. */
  readonly skipped: readonly string[];
}

/** Writes the counts of a finished run to the file that the environment names. */
export default class CountsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const path = process.env[COUNTS_FILE_VARIABLE];
    if (path === undefined) throw new Error(`${COUNTS_FILE_VARIABLE} names no file`);
    writeFileSync(path, JSON.stringify(countsOf(modules, unhandledErrors.length)));
  }
}

function countsOf(modules: readonly TestModule[], unhandledErrors: number): Counts {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
  const inState = (state: string) => tests.filter((test) => test.result().state === state);
  const outsideTests = suites.reduce((sum, suite) => sum + suite.errors().length, unhandledErrors);
  return {
    passed: inState("passed").length,
    failed: inState("failed").length + outsideTests,
    skipped: [...inState("skipped"), ...inState("pending")].map(
      (test) => `${test.module.relativeModuleId}: ${test.fullName}`,
    ),
  };
}
