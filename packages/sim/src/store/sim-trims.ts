/** Trimming looks at the tables of the simulated disk here, and deletes from them. */

import type { EndedSpace, HistoryOf, StoredTombstone } from "@neverstale/server/store";
import type {
  EndedNameRow,
  EntryRow,
  FoldedSpace,
  OldAnswerRow,
  OldHistoryRow,
  OldLogRow,
  OldUndoRow,
  TableCounts,
  TrimTables,
} from "@neverstale/store-sqlite/sliced";
import type { JournaledWrites } from "./journal.ts";
import { keyOf, rowsOf, type TableData } from "./table-data.ts";

export class SimTrims implements TrimTables {
  readonly #data: TableData;
  readonly #journals: JournaledWrites;
  readonly #count: (what: string) => void;
  readonly #looks: () => void;

  /** `looks` is called when trimming asks what is due. */
  constructor(data: TableData, journals: JournaledWrites, count: (what: string) => void, looks: () => void) {
    this.#data = data;
    this.#journals = journals;
    this.#count = count;
    this.#looks = looks;
  }

  space(spaceId: number): FoldedSpace | null {
    return this.#data.spaces.get(spaceId) ?? null;
  }

  oldestLog(limit: number): Iterable<OldLogRow> {
    this.#looks();
    return this.#data.log.slice(0, limit).map((row) => ({ ...row, bytes: row.changes.length }));
  }

  dropLog(upToSequence: number): number {
    this.#count("bound_log");
    return this.#journals.remove("trim", this.#data.log, ({ sequence }) => sequence <= upToSequence);
  }

  chainStart(): number {
    return this.#data.dropped.get("entry") ?? 0;
  }

  raiseChainStart(entry: number): void {
    if (entry > this.chainStart()) this.#journals.set("trim", this.#data.dropped, "entry", entry);
  }

  hasEntries(upToEntry: number, takeover: number): boolean {
    return this.#entriesUpTo(upToEntry, takeover).length > 0;
  }

  #entriesUpTo(upToEntry: number, takeover: number): readonly EntryRow[] {
    return this.#data.chain.filter(({ sequence }) => sequence <= upToEntry && sequence !== takeover);
  }

  dropEntries(upToEntry: number, takeover: number, limit: number): number {
    this.#count("bound_chain");
    const rows = new Set(this.#entriesUpTo(upToEntry, takeover).slice(0, limit));
    return this.#journals.remove("trim", this.#data.chain, (row) => rows.has(row));
  }

  epochsBeyond(most: number): number {
    const { epochs, chain, log } = this.#data;
    const [entry] = chain;
    const before = entry?.type === "takeover" ? entry.termBefore : null;
    const names = [before ?? entry?.term, log[0]?.term].filter((name) => name !== undefined);
    const named = Math.min(epochs.length - 1, ...names.map((name) => epochs.indexOf(name)));
    return Math.max(0, Math.min(epochs.length - most, named));
  }

  dropEpochs(count: number): number {
    this.#count("bound_epochs");
    const gone = new Set(this.#data.epochs.slice(0, count));
    for (const rows of this.#data.lineage.values()) this.#journals.remove("trim", rows, ({ epoch }) => gone.has(epoch));
    return this.#journals.remove("trim", this.#data.epochs, (epoch) => gone.has(epoch));
  }

  oldestEndedNames(limit: number): Iterable<EndedNameRow> {
    return this.#data.endedNames.slice(0, limit);
  }

  dropEndedNames(upToPlace: number): number {
    this.#count("bound_ended_names");
    return this.#journals.remove("trim", this.#data.endedNames, ({ place }) => place <= upToPlace);
  }

  oldestHistory(limit: number): Iterable<OldHistoryRow> {
    return this.#data.history.slice(0, limit).map((row) => ({ ...row, bytes: row.text.length }));
  }

  dropHistory(upToPosition: number): number {
    this.#count("bound_history");
    const { history } = this.#data;
    const chars = history.findLast(({ position }) => position <= upToPosition)?.chars ?? 0;
    this.#noteDropped(upToPosition, chars);
    return this.#journals.remove("trim", history, ({ position }) => position <= upToPosition);
  }

  /** Positions up to there count as given out, whatever is left. */
  #noteDropped(position: number, chars: number): void {
    const { dropped } = this.#data;
    if (position <= (dropped.get("position") ?? 0)) return;
    this.#journals.set("trim", dropped, "position", position);
    this.#journals.set("trim", dropped, "chars", chars);
  }

  oldestAnswers(owner: string | null, limit: number): Iterable<OldAnswerRow> {
    return this.#data.answers
      .filter((row) => owner === null || row.owner === owner)
      .slice(0, limit)
      .map((row) => ({ id: row.rowId, owner: row.owner, at: row.at, madeAt: row.madeAt, chars: row.chars }));
  }

  dropAnswer(id: number): void {
    this.#count("bound_answers");
    this.#journals.remove("trim", this.#data.answers, ({ rowId }) => rowId === id);
  }

  raiseExpired(owner: string | null, madeAt: number): void {
    const { expired } = this.#data;
    this.#journals.set("trim", expired, owner, Math.max(madeAt, expired.get(owner) ?? madeAt));
  }

  expiredOwners(): number {
    return [...this.#data.expired.keys()].filter((owner) => owner !== null).length;
  }

  oldestExpired(): { readonly owner: string; readonly madeAt: number } | null {
    let oldest: { readonly owner: string; readonly madeAt: number } | null = null;
    for (const [owner, madeAt] of this.#data.expired) {
      if (owner !== null && (oldest === null || madeAt < oldest.madeAt)) oldest = { owner, madeAt };
    }
    return oldest;
  }

  dropExpired(owner: string): void {
    this.#count("bound_expired_owners");
    this.#journals.set("trim", this.#data.expired, owner, undefined);
  }

  oldestUndo(afterId: number, limit: number): Iterable<OldUndoRow> {
    return this.#data.undo
      .filter(({ rowId }) => rowId > afterId)
      .slice(0, limit)
      .map(({ rowId, spaceId, target, text }) => ({ id: rowId, spaceId, target, bytes: text?.length ?? 0 }));
  }

  dropUndo(fromId: number, toId: number): number {
    this.#count("bound_undo");
    return this.#journals.remove("trim", this.#data.undo, ({ rowId }) => rowId >= fromId && rowId <= toId);
  }

  hasTombstones(spaceId: number, floor: number): boolean {
    return this.#tombstonesUpTo(spaceId, floor).length > 0;
  }

  #tombstonesUpTo(spaceId: number, floor: number): readonly StoredTombstone[] {
    return [...(this.#data.tombstones.get(spaceId)?.values() ?? [])].filter(({ version }) => version <= floor);
  }

  dropTombstones(spaceId: number, floor: number, limit: number): number {
    this.#count("bound_tombstones");
    const rows = this.#tombstonesUpTo(spaceId, floor).slice(0, limit);
    for (const row of rows)
      this.#journals.set("trim", rowsOf(this.#data.tombstones, spaceId, new Map()), keyOf(row), undefined);
    return rows.length;
  }

  endedSpace(): Pick<EndedSpace, "id" | "history"> | null {
    const [ended] = this.#data.ended;
    return ended === undefined ? null : { id: ended[0], history: ended[1] };
  }

  dropOfEnded(table: "records" | "tombstones" | "lineage", spaceId: number, limit: number): number {
    if (table === "lineage") return this.#dropLineageOfEnded(spaceId, limit);
    const rows: ReadonlyMap<number, Map<string, unknown>> = this.#data[table];
    const ofSpace = rows.get(spaceId) ?? new Map<string, unknown>();
    const keys = [...ofSpace.keys()].slice(0, limit);
    for (const key of keys) this.#journals.set("trim", ofSpace, key, undefined);
    return keys.length;
  }

  #dropLineageOfEnded(spaceId: number, limit: number): number {
    const ofSpace = rowsOf(this.#data.lineage, spaceId, []);
    const gone = new Set(ofSpace.slice(0, limit));
    return this.#journals.remove("trim", ofSpace, (row) => gone.has(row));
  }

  dropChangesOf(spaceId: number, limit: number): number {
    const { log } = this.#data;
    const rows = new Set(log.filter((row) => row.spaceId === spaceId && row.changes !== "").slice(0, limit));
    this.#journals.replace("trim", log, (row) => (rows.has(row) ? { ...row, changes: "" } : row));
    return rows.size;
  }

  dropHistoryOf({ space, creationId }: HistoryOf, limit: number): number {
    const { history } = this.#data;
    const newest = history.at(-1);
    if (newest !== undefined) this.#noteDropped(newest.position, newest.chars);
    const rows = history.filter((row) => row.space === space && row.creationId === creationId).slice(0, limit);
    const gone = new Set(rows);
    return this.#journals.remove("trim", history, (row) => gone.has(row));
  }

  dropHistoryAt(positions: readonly number[]): number {
    const { history } = this.#data;
    const newest = history.at(-1);
    if (newest !== undefined) this.#noteDropped(newest.position, newest.chars);
    const gone = new Set(positions);
    return this.#journals.remove("trim", history, (row) => gone.has(row.position));
  }

  forgetEnded(spaceId: number): void {
    this.#count("bound_ended");
    this.#journals.set("trim", this.#data.ended, spaceId, undefined);
  }

  counts(): TableCounts {
    const { undo, tombstones, ended, endedNames } = this.#data;
    let count = 0;
    for (const rows of tombstones.values()) count += rows.size;
    return { undo: undo.length, tombstones: count, endedSpaces: ended.size, endedNames: endedNames.length };
  }
}
