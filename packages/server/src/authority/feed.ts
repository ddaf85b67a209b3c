/** The feed tells everyone who follows the authority of each committed group, in order, and of the end. */

import type { Runtime } from "../runtime/runtime.ts";
import type { Committed } from "../space/committed.ts";

/** A follower that throws harms neither what goes on nor the others: its error comes up by itself. */
export class Feed {
  readonly #runtime: Pick<Runtime, "soon">;
  readonly #followers = new Set<(committed: readonly Committed[]) => void>();
  readonly #closers = new Set<() => void>();

  constructor(runtime: Pick<Runtime, "soon">) {
    this.#runtime = runtime;
  }

  /** It returns how to stop following. */
  follow(follower: (committed: readonly Committed[]) => void): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** It returns how to take `listener` back. */
  onClose(listener: () => void): () => void {
    this.#closers.add(listener);
    return () => this.#closers.delete(listener);
  }

  /** The group is durable, and in memory. */
  publish(committed: readonly Committed[]): void {
    if (committed.length === 0) return;
    Object.freeze(committed);
    for (const follower of this.#followers) {
      try {
        follower(committed);
      } catch (error) {
        this.#throwLater(error);
      }
    }
  }

  /** Nothing will be published any more. */
  close(): void {
    for (const closer of [...this.#closers]) {
      try {
        closer();
      } catch (error) {
        this.#throwLater(error);
      }
    }
  }

  #throwLater(error: unknown): void {
    this.#runtime.soon(() => {
      throw error;
    });
  }
}
