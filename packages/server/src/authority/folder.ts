/** The folder brings the records in the store up behind the log, so that a start reads records and a short log. */

import type { Timer } from "@neverstale/base";
import type { Limits } from "../limits/limits.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Spaces } from "../space/spaces.ts";
import { type Store, StoreFailure } from "../store/contract.ts";

/**
 * It folds about once a second. It takes at most a tenth of the time, so a large state is folded less often, never at the cost
 * of commits.
 */
export class Folder {
  readonly #store: Pick<Store, "fold">;
  readonly #runtime: Runtime;
  readonly #limits: Limits;
  readonly #spaces: Spaces;
  /** This is called when nobody knows any more what is on the disk: the process must end (rule A1). */
  readonly #onUnknown: (failure: StoreFailure) => void;
  #timer: Timer | null = null;
  #running: Promise<void> | null = null;
  #stopped = true;
  folds = 0;
  /** Nobody waits for a fold: the log grows until one succeeds, and this number says why it does. */
  failures = 0;

  constructor(
    store: Pick<Store, "fold">,
    runtime: Runtime,
    limits: Limits,
    spaces: Spaces,
    onUnknown: (failure: StoreFailure) => void,
  ) {
    this.#store = store;
    this.#runtime = runtime;
    this.#limits = limits;
    this.#spaces = spaces;
    this.#onUnknown = onUnknown;
  }

  start(): void {
    this.#stopped = false;
    this.#wait(this.#limits.foldMs);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #wait(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer = this.#runtime.after(delayMs, () => {
      const started = this.#runtime.now();
      const next = () => this.#wait(Math.max(this.#limits.foldMs, 9 * (this.#runtime.now() - started)));
      const failed = (error: unknown) => {
        this.failures += 1;
        if (error instanceof StoreFailure && error.outcome !== "nothing_moved") this.#onUnknown(error);
        next();
      };
      this.foldAll(false).then(next, failed);
    });
  }

  /**
   * Folds every space that has moved; with `closing`, also writes the digest that the next open checks (rule G2), and
   * stops when it has taken long enough: what is left is in the log. A pass that is under way then stops at once.
   */
  foldAll(closing: boolean): Promise<void> {
    const before = this.#running ?? Promise.resolve();
    const run = before.catch(() => {}).then(() => this.#foldSpaces(closing));
    this.#running = run;
    return run;
  }

  /** Runs `work` while no fold is under way: a fold belongs to one term. */
  between<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = this.#running ?? Promise.resolve();
    const run = before.catch(() => {}).then(work);
    this.#running = run.then(() => {});
    this.#running.catch(() => {}); // Whoever asked for the work is told that it failed.
    return run;
  }

  async #foldSpaces(closing: boolean): Promise<void> {
    const until = this.#runtime.now() + (closing ? this.#limits.closeFoldMs : Number.POSITIVE_INFINITY);
    for (const space of [...this.#spaces.values()]) {
      if (this.#runtime.now() > until || (this.#stopped && !closing)) return;
      if (space.removed || (!closing && space.isFolded)) continue;
      const fold = space.fold(closing ? space.digest() : null);
      await this.#store.fold(fold);
      space.folded(fold);
      this.folds += 1;
    }
  }
}
