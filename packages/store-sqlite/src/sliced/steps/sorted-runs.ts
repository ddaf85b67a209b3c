/** Sorted runs give out rows in order, from pieces that come in any order. */

/**
 * Each piece is sorted when it comes, and the pieces are merged as rows are taken out. So no call takes longer than sorting one
 * piece.
 */
export class SortedRuns<Row> {
  readonly #compare: (a: Row, b: Row) => number;
  /** The pieces are a binary heap: the one with the smallest next row is first. */
  readonly #heap: { readonly rows: readonly Row[]; at: number }[] = [];
  #size = 0;

  constructor(compare: (a: Row, b: Row) => number) {
    this.#compare = compare;
  }

  /** So many rows have not been given out yet. */
  get size(): number {
    return this.#size;
  }

  add(piece: readonly Row[]): void {
    if (piece.length === 0) return;
    this.#heap.push({ rows: [...piece].sort(this.#compare), at: 0 });
    this.#size += piece.length;
    for (let at = this.#heap.length - 1; at > 0 && this.#swapIfLess(at, (at - 1) >> 1); ) at = (at - 1) >> 1;
  }

  /** It gives out the smallest row, or null when there is none. */
  next(): Row | null {
    const run = this.#heap[0];
    if (run === undefined) return null;
    const row = run.rows[run.at] as Row;
    run.at += 1;
    this.#size -= 1;
    if (run.at === run.rows.length) this.#dropFirst();
    this.#sink();
    return row;
  }

  #dropFirst(): void {
    const last = this.#heap.pop();
    if (this.#heap.length > 0 && last !== undefined) this.#heap[0] = last;
  }

  #sink(): void {
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      const child = this.#less(left + 1, left) ? left + 1 : left;
      if (!this.#swapIfLess(child, at)) return;
      at = child;
    }
  }

  #swapIfLess(a: number, b: number): boolean {
    if (!this.#less(a, b)) return false;
    const [runA, runB] = [this.#heap[a], this.#heap[b]];
    if (runA === undefined || runB === undefined) return false;
    this.#heap[a] = runB;
    this.#heap[b] = runA;
    return true;
  }

  #less(a: number, b: number): boolean {
    const [runA, runB] = [this.#heap[a], this.#heap[b]];
    if (runA === undefined || runB === undefined) return false;
    return this.#compare(runA.rows[runA.at] as Row, runB.rows[runB.at] as Row) < 0;
  }
}
