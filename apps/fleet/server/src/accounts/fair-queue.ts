/** The fair queue shares its places among all who wait, whoever asks for most of them. */

/**
 * The queue is bounded. It serves all claimants in turn, one item of each, and whoever has signed in before comes first. When it is
 * full, a place is taken from whoever holds most of them, and from those who are new before those who are known.
 */
export class FairQueue<T> {
  readonly #limit: number;
  #size = 0;
  readonly #known = new Map<string, Waiting<T>[]>();
  readonly #fresh = new Map<string, Waiting<T>[]>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#size;
  }

  /** It returns whoever has no place now: the newcomer itself, another that made room for it, or null. */
  add(who: Claimant, item: T): T | null {
    const makesRoom = this.#size < this.#limit ? null : this.#longestFor(who);
    if (this.#size >= this.#limit && makesRoom === null) return item;
    const displaced = makesRoom === null ? null : this.#takeNewest(makesRoom);
    const queues = this.#queuesOf(who.known);
    const queue = queues.get(who.key);
    if (queue === undefined) queues.set(who.key, [{ who, item }]);
    else queue.push({ who, item });
    this.#size += 1;
    return displaced;
  }

  /** It returns the item whose turn it is, or null when nobody waits. Its claimant comes last from here on. */
  next(): T | null {
    const queues = this.#known.size > 0 ? this.#known : this.#fresh;
    for (const [key, queue] of queues) {
      const first = queue.shift();
      queues.delete(key);
      if (queue.length > 0) queues.set(key, queue);
      if (first === undefined) continue;
      this.#size -= 1;
      return first.item;
    }
    return null;
  }

  /** It returns the queue that gives up a place for `who`, or null when none holds more than `who` would. */
  #longestFor(who: Claimant): Waiting<T>[] | null {
    const victims = this.#fresh.size > 0 ? this.#fresh : this.#known;
    let longest: Waiting<T>[] | null = null;
    for (const queue of victims.values()) if (queue.length > (longest?.length ?? 0)) longest = queue;
    if (who.known && victims === this.#fresh) return longest;
    if (!who.known && victims === this.#known) return null;
    const own = victims.get(who.key)?.length ?? 0;
    return own + 1 < (longest?.length ?? 0) ? longest : null;
  }

  #takeNewest(queue: Waiting<T>[]): T | null {
    const newest = queue.pop();
    if (newest === undefined) return null;
    this.#size -= 1;
    if (queue.length === 0) this.#queuesOf(newest.who.known).delete(newest.who.key);
    return newest.item;
  }

  #queuesOf(known: boolean): Map<string, Waiting<T>[]> {
    return known ? this.#known : this.#fresh;
  }
}

/** A claimant asks for a place: a group of addresses or a device, which has signed in before or not. */
export interface Claimant {
  readonly key: string;
  readonly known: boolean;
}

interface Waiting<T> {
  readonly who: Claimant;
  readonly item: T;
}
