import type { Keep, StateRecord } from "@neverstale/protocol";

/** The records of a collection that count for its `keep`, oldest touch first (rule S3). */
export class KeepIndex {
  readonly collection: string;
  readonly #keep: Keep;
  readonly #ids = new Set<string>();
  /** Set when a batch was taken back: the order is read anew then. */
  stale = true;

  constructor(collection: string, keep: Keep) {
    this.collection = collection;
    this.#keep = keep;
  }

  /** `touched`: every record of the collection with the version that last touched it. */
  rebuild(touched: Iterable<readonly [version: number, record: StateRecord]>): void {
    this.#ids.clear();
    for (const [, record] of [...touched].sort((a, b) => a[0] - b[0])) this.note(record.id, record);
    this.stale = false;
  }

  /** The record has been touched: it is the newest now, or counts no more. */
  note(id: string, record: StateRecord | null): void {
    this.#ids.delete(id);
    if (record !== null && matches(record, this.#keep)) this.#ids.add(id);
  }

  /** The oldest record beyond the limit, or null. */
  overflow(): string | null {
    if (this.#ids.size <= this.#keep.newest) return null;
    return this.#ids.values().next().value ?? null;
  }
}

function matches(record: StateRecord, keep: Keep): boolean {
  for (const field in keep.where) {
    const value = record[field];
    if (!keep.where[field]?.some((wanted) => wanted === value)) return false;
  }
  return true;
}
