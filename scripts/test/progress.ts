/** The progress of a run of the tests is told by how long its files are known to take. */

import type { TestTimes } from "./test-times.ts";

export class TestProgress {
  readonly #times: TestTimes;
  readonly #files: readonly string[];
  readonly #workers: number;
  readonly #done = new Set<string>();

  constructor(times: TestTimes, files: readonly string[], workers: number) {
    this.#times = times;
    this.#files = files;
    this.#workers = workers;
  }

  /** This is said before the first file. */
  get expectation(): string {
    const seconds = this.#times.all(this.#files) / this.#workers;
    return `${this.#files.length} files, about ${spoken(seconds)}, ${this.#workers} at a time`;
  }

  /** A file has ended `elapsedMs` after the beginning of the run. It returns what is said then. */
  ended(file: string, elapsedMs: number): string {
    this.#done.add(file);
    const share = this.#times.all([...this.#done]) / this.#times.all(this.#files);
    const percent = String(Math.floor(100 * share)).padStart(3);
    return `${percent} % after ${spoken(elapsedMs / 1_000)}, ${this.#done.size} of ${this.#files.length} files: ${file}`;
  }
}

function spoken(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}
