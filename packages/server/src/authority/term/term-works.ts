/** The term works are what an application wants to run only where changes are decided (rule T7). */

import type { TermWork } from "../engine.ts";

/** A work that throws harms neither the others nor the term: its error comes up by itself, through `later`. */
export class TermWorks {
  readonly #later: (run: () => void) => void;
  readonly #works = new Set<Work>();
  #isRunning = false;

  constructor(later: (run: () => void) => void) {
    this.#later = later;
  }

  /** The work starts at once within a term. It returns how to take it back, which stops it. */
  add(start: TermWork): () => void {
    const work: Work = { start, stop: null };
    this.#works.add(work);
    if (this.#isRunning) this.#start(work);
    return () => {
      this.#works.delete(work);
      this.#stop(work);
    };
  }

  /** A term has begun. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (const work of this.#works) this.#start(work);
  }

  /** The term is over. */
  stop(): void {
    this.#isRunning = false;
    for (const work of this.#works) this.#stop(work);
  }

  #start(work: Work): void {
    this.#guarded(() => {
      work.stop = work.start();
    });
  }

  #stop(work: Work): void {
    const { stop } = work;
    work.stop = null;
    if (stop !== null) this.#guarded(stop);
  }

  #guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#later(() => {
        throw error;
      });
    }
  }
}

interface Work {
  readonly start: TermWork;
  /** It is null while it doesn't run. */
  stop: (() => void) | null;
}
