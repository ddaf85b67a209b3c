/** The times say how long each test file takes on two idle cores, among the others. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../run.ts";

/** They are in seconds, by path below the root. The short ones are left out. */
export class TestTimes {
  readonly #seconds: Readonly<Record<string, number>>;

  constructor(seconds: Readonly<Record<string, number>>) {
    this.#seconds = seconds;
  }

  static read(path = TIMES_PATH): TestTimes {
    return new TestTimes(JSON.parse(readFileSync(path, "utf8")) as Record<string, number>);
  }

  of(file: string): number {
    return this.#seconds[file] ?? UNKNOWN_SECONDS;
  }

  all(files: readonly string[]): number {
    return files.reduce((sum, file) => sum + this.of(file), 0);
  }
}

/**
 * This variable names the file in which the times have to be noted. The script that starts Vitest sets it when it is
 * asked to.
 */
export const TIMES_FILE_VARIABLE = "NEVERSTALE_TEST_TIMES_FILE";

export const TIMES_PATH = join(ROOT, "scripts/test-times.json");

/** A file that nobody has timed is taken to last so long. */
const UNKNOWN_SECONDS = 1;

/** It notes what took a second or more, longest first. */
export function noteTimes(path: string, milliseconds: ReadonlyMap<string, number>): void {
  const seconds = [...milliseconds].map(([file, ms]) => [file, Math.round(ms / 1_000)] as const);
  const long = seconds.filter(([, s]) => s >= UNKNOWN_SECONDS).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  writeFileSync(path, `${JSON.stringify(Object.fromEntries(long), null, 2)}\n`);
}
