/** The rollback journal of a transaction knows how each row that was written is taken back. */

/** It writes rows, and notes how each of them is taken back. */
export class JournaledWrites {
  #journal: RollbackJournal | null = null;

  begin(): RollbackJournal {
    if (this.#journal !== null) throw new Error("assertion failed: two transactions at once");
    this.#journal = { kind: null, rows: 0, undoSteps: [] };
    return this.#journal;
  }

  end(): void {
    this.#journal = null;
  }

  wrote(kind: WriteKind, undo: () => void): void {
    if (this.#journal === null) throw new Error("assertion failed: a write outside of a transaction");
    this.#journal.kind = kind;
    this.#journal.rows += 1;
    this.#journal.undoSteps.push(undo);
  }

  push<Row>(kind: WriteKind, rows: Row[], row: Row): void {
    rows.push(row);
    this.wrote(kind, () => rows.pop());
  }

  /** It returns how many rows went. */
  remove<Row>(kind: WriteKind, rows: Row[], isGone: (row: Row) => boolean): number {
    const before = [...rows];
    const kept = before.filter((row) => !isGone(row));
    if (kept.length === before.length) return 0;
    rows.splice(0, rows.length, ...kept);
    this.wrote(kind, () => rows.splice(0, rows.length, ...before));
    return before.length - kept.length;
  }

  replace<Row>(kind: WriteKind, rows: Row[], next: (row: Row) => Row): void {
    const before = [...rows];
    rows.splice(0, rows.length, ...before.map(next));
    this.wrote(kind, () => rows.splice(0, rows.length, ...before));
  }

  /** With an undefined `row` there is none any more. */
  set<Key, Row>(kind: WriteKind, rows: Map<Key, Row>, key: Key, row: Row | undefined): void {
    const before = rows.get(key);
    if (before === undefined && row === undefined) return;
    if (row === undefined) rows.delete(key);
    else rows.set(key, row);
    this.wrote(kind, () => (before === undefined ? rows.delete(key) : rows.set(key, before)));
  }
}

/** A transaction does this to the database. */
export type WriteKind = "epoch" | "commit" | "fold" | "undo" | "trim" | "probe";

/** It belongs to one transaction that is under way. */
export interface RollbackJournal {
  /** It is null when nothing was written. */
  kind: WriteKind | null;
  rows: number;
  /** They take the transaction back, when they are called from the last to the first. */
  readonly undoSteps: (() => void)[];
}
