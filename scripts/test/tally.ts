/** The tally of a run says how many tests passed and how many failed. */

export interface TestTally {
  readonly passed: number;
  readonly failed: number;
}

export function problem(what: string): TestTally {
  console.error(` × ${what}`);
  return { passed: 0, failed: 1 };
}

/** It prints the last line, and makes the process end with 1 when anything failed. */
export function concludeTests(tallies: readonly TestTally[]): void {
  const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0);
  const failed = tallies.reduce((sum, tally) => sum + tally.failed, 0);
  process.exitCode = failed === 0 ? 0 : 1;
  console.log(`${passed} passed, ${failed} failed`);
}
