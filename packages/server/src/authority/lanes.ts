/** Lanes are queues that take turns: each keeps its order, and a long one doesn't hold up the others (rule A2). */

export class Lanes<T> {
  /** Only lanes that hold something are here. */
  readonly #lanes = new Map<string, Lane<T>>();
  /** From `#turn` on, these lanes have their turn in this round. */
  #round: Lane<T>[] = [];
  /** These lanes come in the next round. */
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

  /** It returns the next item, a lane after the other, or undefined when there is none. */
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
    if (!isEmpty && this.#lanes.size === 1) return; // Nobody else waits, so it is its turn again.
    this.#turn += 1;
    if (!isEmpty) this.#nextRound.push(lane);
  }
}

interface Lane<T> {
  readonly name: string;
  readonly items: T[];
  /** The items before this one have been taken. */
  next: number;
}

/** So many items that were taken are let go of together, where a lane is never empty. */
const LET_GO = 1_024;
