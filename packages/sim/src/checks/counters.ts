/** The counters of a run say how often each thing happened. */

export class RunCounters {
  readonly #counts = new Map<string, number>();

  add(name: string, by = 1): void {
    if (by !== 0) this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  get(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  toJSON(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
