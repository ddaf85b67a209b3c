/** So many items that were taken are let go of together, where a lane is never empty. */
const LET_GO = 1_024;

interface Lane<T> {
  readonly items: T[];
  /** Those before it have been taken. */
  next: number;
}

/** Queues that take turns: each lane keeps its order, and a long one doesn't hold up the others (rule A2). */
export class Lanes<T> {
  readonly #lanes = new Map<string, Lane<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(lane: string, item: T): void {
    this.#size += 1;
    const queue = this.#lanes.get(lane);
    if (queue === undefined) this.#lanes.set(lane, { items: [item], next: 0 });
    else queue.items.push(item);
  }

  /** The next item, a lane after the other. */
  *take(): Generator<T, void> {
    while (this.#lanes.size > 0) {
      for (const [lane, queue] of this.#lanes) {
        const item = queue.items[queue.next] as T;
        queue.next += 1;
        this.#size -= 1;
        this.#endTurn(lane, queue);
        yield item;
      }
    }
  }

  /** The next turn of a lane comes after that of all others, also where taking is broken off and begun again. */
  #endTurn(lane: string, queue: Lane<T>): void {
    const isEmpty = queue.next === queue.items.length;
    if (!isEmpty && queue.next === LET_GO) {
      queue.items.splice(0, LET_GO);
      queue.next = 0;
    }
    if (!isEmpty && this.#lanes.size === 1) return;
    this.#lanes.delete(lane);
    if (!isEmpty) this.#lanes.set(lane, queue);
  }
}
