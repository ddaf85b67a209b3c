/** A node asks the store in rounds: one at a time, at a steady pace, and at once when somebody waits for it. */

import type { Millis, Timer } from "@neverstale/base";
import type { Runtime } from "../runtime/runtime.ts";

export class Rounds {
  readonly #runtime: Pick<Runtime, "after">;
  readonly #run: () => Promise<void>;
  readonly #pauseMs: () => Millis;
  #timer: Timer | null = null;
  #isRunning = false;
  #again = false;
  /** The next round begins without a pause. */
  #isSoon = false;
  #isStopped = false;
  #idle: (() => void)[] = [];

  /** `run` never rejects. `pauseMs` is asked after each round. */
  constructor(runtime: Pick<Runtime, "after">, run: () => Promise<void>, pauseMs: () => Millis) {
    this.#runtime = runtime;
    this.#run = run;
    this.#pauseMs = pauseMs;
  }

  /** A round begins as soon as the one that is under way has ended. */
  soon(): void {
    if (this.#isStopped) return;
    this.#again = true;
    if (!this.#isRunning && !this.#isSoon) this.#begin(0);
  }

  #begin(delayMs: Millis): void {
    this.#timer?.cancel();
    this.#isSoon = delayMs === 0;
    this.#timer = this.#runtime.after(delayMs, () => {
      this.#timer = null;
      this.#isSoon = false;
      this.#again = false;
      this.#isRunning = true;
      this.#run().then(() => this.#ended());
    });
  }

  #ended(): void {
    this.#isRunning = false;
    for (const resolve of this.#idle.splice(0)) resolve();
    if (!this.#isStopped) this.#begin(this.#again ? 0 : this.#pauseMs());
  }

  /** No round begins any more. It resolves when the one that is under way has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    if (this.#isRunning) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }
}
