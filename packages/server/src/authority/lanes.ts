/** So many items that were taken are let go of together, where a lane is never empty. */
const LET_GO = 1_024;

interface Lane<T> {
  readonly name: string;
  readonly items: T[];
  /** Those before it have been taken. */
  next: number;
}

/** Queues that take turns: each lane keeps its order, and a long one doesn't hold up the others (rule A2). */
export class Lanes<T> {
  /** Those that hold something. */
  readonly #lanes = new Map<string, Lane<T>>();
  /** Lanes whose turn comes in this round, from `#turn` on, and those that come in the next one. */
  #round: Lane<T>[] = [];
  #nextRound: Lane<T>[] = [];
  #turn = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(name: string, item: T): void {
    this.#size += 1;
    const known = this.#lanes.get(name);
    if (known !== undefined) return void known.items.push(item);
    const lane = { name, items: [item], next: 0 };
    this.#lanes.set(name, lane);
    this.#nextRound.push(lane);
  }

  /** The next item, a lane after the other; undefined when there is none. */
  next(): T | undefined {
    if (this.#turn === this.#round.length) this.#beginRound();
    const lane = this.#round[this.#turn];
    if (lane === undefined) return undefined;
    const item = lane.items[lane.next] as T;
    lane.next += 1;
    this.#size -= 1;
    this.#endTurn(lane);
    return item;
  }

  #beginRound(): void {
    const over = this.#round;
    over.length = 0;
    this.#round = this.#nextRound;
    this.#nextRound = over;
    this.#turn = 0;
  }

  #endTurn(lane: Lane<T>): void {
    const isEmpty = lane.next === lane.items.length;
    if (isEmpty) this.#lanes.delete(lane.name);
    else if (lane.next === LET_GO) {
      lane.items.splice(0, LET_GO);
      lane.next = 0;
    }
    if (!isEmpty && this.#lanes.size === 1) return; // Nobody else waits: it is its turn again.
    this.#turn += 1;
    if (!isEmpty) this.#nextRound.push(lane);
  }
}
