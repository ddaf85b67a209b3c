/** The copied spaces are numbered anew while their chain is copied: a chain names spaces, and a store's rows number them. */

import type { SpaceMove } from "../contract.ts";

export class CopiedSpaces {
  readonly #live = new Map<string, number>();
  #next = 1;

  /** This number is given to the next space that is made. */
  get next(): number {
    return this.#next;
  }

  /** It returns the number of the space of this name, at the end of what was copied so far. A space that nothing was told of gets one. */
  numberOf(name: string): number {
    return this.#live.get(name) ?? this.#make(name);
  }

  /** It takes the moves in the order of the chain, and returns the number of the space that is moved. */
  move({ name, creationId, removed }: SpaceMove): number {
    const id = creationId === null ? this.numberOf(name) : this.#make(name);
    if (removed) this.#live.delete(name);
    return id;
  }

  #make(name: string): number {
    const id = this.#next;
    this.#next += 1;
    this.#live.set(name, id);
    return id;
  }
}
