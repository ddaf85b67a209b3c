import type { TestTimes } from "./test-times.ts";

/** How far a run of the tests is, by how long its files are known to take. */
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

  /** What is said before the first file. */
  get expectation(): string {
    const seconds = this.#times.all(this.#files) / this.#workers;
    return `${this.#files.length} files, about ${spoken(seconds)} on ${this.#workers} idle cores`;
  }

  /** A file has ended; returns what is said then. `elapsedMs`: since the run began. */
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
