/** The reporter says how far a run is, and writes its counts when it has ended. */

import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import type { SerializedError } from "vitest";
import type { Reporter, TestModule, TestSpecification, Vitest } from "vitest/node";
import { ROOT } from "../run.ts";
import { TestProgress } from "./progress.ts";
import { noteTimes, TestTimes, TIMES_FILE_VARIABLE } from "./test-times.ts";

/** This variable names the file for the counts. The script that starts Vitest sets it. */
export const COUNTS_FILE_VARIABLE = "NEVERSTALE_TEST_COUNTS_FILE";

export interface Counts {
  readonly passed: number;
  /** It counts failed tests, modules that could not be loaded, and errors outside any test. */
  readonly failed: number;
  /** These are the full names of the tests that did not run. */
  readonly skipped: readonly string[];
}

export default class CountsReporter implements Reporter {
  #workers = 1;
  #progress: TestProgress | null = null;
  #startedMs = 0;

  onInit(vitest: Vitest): void {
    this.#workers = Number(vitest.config.maxWorkers) || 1;
  }

  onTestRunStart(specifications: readonly TestSpecification[]): void {
    this.#startedMs = performance.now();
    const files = specifications.map(({ moduleId }) => pathOf(moduleId));
    this.#progress = new TestProgress(TestTimes.read(), files, Math.min(this.#workers, files.length));
    console.log(this.#progress.expectation);
  }

  onTestModuleEnd({ moduleId }: TestModule): void {
    console.log(this.#progress?.ended(pathOf(moduleId), performance.now() - this.#startedMs));
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const path = process.env[COUNTS_FILE_VARIABLE];
    if (path === undefined) throw new Error(`${COUNTS_FILE_VARIABLE} names no file`);
    writeFileSync(path, JSON.stringify(countsOf(modules, unhandledErrors.length)));
    const times = process.env[TIMES_FILE_VARIABLE];
    if (times !== undefined)
      noteTimes(times, new Map(modules.map((module) => [pathOf(module.moduleId), module.diagnostic().duration])));
  }
}

function pathOf(moduleId: string): string {
  return relative(ROOT, moduleId).replaceAll("\\", "/");
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
