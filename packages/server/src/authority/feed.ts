/** The feed tells everyone who follows the authority of each committed group and each takeover, in order, and of the end. */

import type { Runtime } from "../runtime/runtime.ts";
import type { Committed } from "../space/committed.ts";

/** A follower that throws harms neither what goes on nor the others: its error comes up by itself. */
export class Feed {
  readonly #runtime: Pick<Runtime, "soon">;
  readonly #followers = new Set<(committed: readonly Committed[]) => void>();
  readonly #takeoverListeners = new Set<() => void>();
  readonly #interrupted = new Set<() => void>();
  readonly #closers = new Set<() => void>();

  constructor(runtime: Pick<Runtime, "soon">) {
    this.#runtime = runtime;
  }

  /** It returns how to stop following. */
  follow(follower: (committed: readonly Committed[]) => void): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** The listener is called when what was told may not be true any more. This returns how to take it back. */
  onInterrupt(listener: () => void): () => void {
    this.#interrupted.add(listener);
    return () => this.#interrupted.delete(listener);
  }

  /** It returns how to take `listener` back. */
  onTakeover(listener: () => void): () => void {
    this.#takeoverListeners.add(listener);
    return () => this.#takeoverListeners.delete(listener);
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

  /** A takeover is in the chain: what is published from here on belongs to its epoch. */
  tookOver(): void {
    this.#tell(this.#takeoverListeners);
  }

  /** The node drops what it holds, and reads it anew (rule N9). */
  interrupt(): void {
    this.#tell(this.#interrupted);
  }

  /** Nothing will be published any more. */
  close(): void {
    this.#tell(this.#closers);
  }

  #tell(listeners: Iterable<() => void>): void {
    for (const listener of [...listeners]) {
      try {
        listener();
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
