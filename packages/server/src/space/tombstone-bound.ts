/** The tombstones of all spaces together are kept within their bound (rule P4). */

import type { Space } from "./space.ts";

/**
 * The tombstones of the spaces that have most of them go, oldest first: a space that removes little keeps what it has, whatever
 * others do. An eighth goes at a time, so that the look over all spaces is rare.
 */
export class TombstoneBound {
  readonly #spaces: ReadonlyMap<string, Space>;
  readonly #max: number;
  #count = 0;

  constructor(spaces: ReadonlyMap<string, Space>, max: number) {
    this.#spaces = spaces;
    this.#max = max;
    for (const space of spaces.values()) this.#count += space.tombstones;
    this.trim();
  }

  /** There are so many more than before. */
  moved(by: number): void {
    this.#count += by;
  }

  trim(): void {
    if (this.#count <= this.#max) return;
    const spaces = [...this.#spaces.values()].filter((space) => space.tombstones > 0);
    const level = levelOf(
      spaces.map((space) => space.tombstones),
      this.#max - (this.#max >> 3),
    );
    this.#count = 0;
    for (const space of spaces) {
      space.trimTombstones(level);
      this.#count += space.tombstones;
    }
  }
}

/** It returns the height at which these are cut off so that they sum up to `sum` at most. */
export function levelOf(counts: readonly number[], sum: number): number {
  let left = sum;
  const rising = [...counts].sort((a, b) => a - b);
  for (const [index, count] of rising.entries()) {
    const share = Math.floor(left / (rising.length - index));
    if (count > share) return share;
    left -= count;
  }
  return Number.POSITIVE_INFINITY;
}
