/** The push queue counts the entries that were pushed to one node and of which it has not said yet that it heard them. */

/** It is bounded: a node that reads too slowly loses its link, and reads the store (rule N3). */
export class PushQueue {
  bytes = 0;
  readonly #bound: PushBound;
  readonly #sizes: number[] = [];
  /** So many were heard, and left the queue. */
  #heard = 0;

  constructor(bound: PushBound) {
    this.#bound = bound;
  }

  get entries(): number {
    return this.#sizes.length;
  }

  /** False means that there is no room for it. One entry always has room, however large it is. */
  add(bytes: number): boolean {
    const { entries, bytes: most } = this.#bound;
    if (this.#sizes.length > 0 && (this.#sizes.length >= entries || this.bytes + bytes > most)) return false;
    this.#sizes.push(bytes);
    this.bytes += bytes;
    return true;
  }

  /** The node has heard so many since the connection began. False means that so many were never sent. */
  heard(count: number): boolean {
    const more = count - this.#heard;
    if (more < 0 || more > this.#sizes.length) return false;
    for (const size of this.#sizes.splice(0, more)) this.bytes -= size;
    this.#heard = count;
    return true;
  }
}

export interface PushBound {
  readonly entries: number;
  readonly bytes: number;
}
