import type {
  CommitTables,
  ContentTables,
  FoldEnd,
  FoldedSpace,
  FoldTables,
  KeptRows,
  OldLogRow,
  OldRow,
  OldUndoRow,
  QueryTables,
  Queue,
  SpaceTableRow,
  Tables,
  TrimTables,
  UndoRow,
} from "@neverstale/server";

import type {
  HistoryRow,
  LineageRow,
  LogTableRow,
  StoredAnswer,
  StoredRecord,
  StoredTombstone,
  TableData,
} from "./table-data.ts";

/** What a transaction does to the database. */
export type WriteKind = "epoch" | "commit" | "fold" | "undo" | "trim" | "probe";

/** One transaction under way. */
export interface Journal {
  /** Null: nothing was written. */
  kind: WriteKind | null;
  rows: number;
  /** How to take it back, to be called from the last to the first. */
  readonly takeBack: (() => void)[];
}

/** The tables of the store on the simulated disk, with a way back from everything that is written. */
export class SimTables implements Tables, CommitTables, FoldTables, TrimTables, ContentTables, QueryTables {
  readonly data: TableData;
  /** Rows that were ever added, by table, and as they were when trimming last looked for something to do. */
  readonly added = { log: 0, history: 0, answers: 0, ended: 0 };
  lookedAt = { ...this.added };
  readonly #count: (what: string) => void;
  #journal: Journal | null = null;

  constructor(data: TableData, count: (what: string) => void) {
    this.data = data;
    this.#count = count;
  }

  begin(): Journal {
    if (this.#journal !== null) throw new Error("assertion failed: two transactions at once");
    this.#journal = { kind: null, rows: 0, takeBack: [] };
    return this.#journal;
  }

  end(): void {
    this.#journal = null;
  }

  get commits(): CommitTables {
    return this;
  }
  get folds(): FoldTables {
    return this;
  }
  get trims(): TrimTables {
    return this;
  }
  get contents(): ContentTables {
    return this;
  }
  get queries(): QueryTables & ContentTables {
    return this;
  }

  #wrote(kind: WriteKind, takeBack: () => void): void {
    if (this.#journal === null) throw new Error("assertion failed: a write outside of a transaction");
    this.#journal.kind = kind;
    this.#journal.rows += 1;
    this.#journal.takeBack.push(takeBack);
  }

  #push<Row>(kind: WriteKind, rows: Row[], row: Row): void {
    rows.push(row);
    this.#wrote(kind, () => rows.pop());
  }

  #cut<Row>(kind: WriteKind, rows: Row[], count: number): void {
    if (count === 0) return;
    const gone = rows.splice(0, count);
    this.#wrote(kind, () => rows.unshift(...gone));
  }

  /** `row` undefined: there is none any more. */
  #set<Key, Row>(kind: WriteKind, rows: Map<Key, Row>, key: Key, row: Row | undefined): void {
    const before = rows.get(key);
    if (before === undefined && row === undefined) return;
    if (row === undefined) rows.delete(key);
    else rows.set(key, row);
    this.#wrote(kind, () => (before === undefined ? rows.delete(key) : rows.set(key, before)));
  }

  // Commits.

  addLog(row: LogTableRow, at: number): void {
    this.added.log += row.lastVersion - row.firstVersion + 1;
    this.#push("commit", this.data.log, { ...row, at });
  }

  addHistory(row: HistoryRow): void {
    this.added.history += 1;
    const { history } = this.data;
    this.#push("commit", history, { ...row, rowId: (history.at(-1)?.rowId ?? 0) + 1 });
  }

  putAnswer(row: StoredAnswer): void {
    this.added.answers += 1;
    const { answers } = this.data;
    const rowId = (answers.at(-1)?.rowId ?? 0) + 1;
    const old = answers.findIndex(({ key }) => key === row.key);
    if (old >= 0) {
      const gone = answers.splice(old, 1);
      this.#wrote("commit", () => answers.splice(old, 0, ...gone));
    }
    this.#push("commit", answers, { ...row, rowId });
  }

  addLineage(spaceId: number, row: LineageRow): void {
    this.#push("commit", rowsOf(this.data.lineage, spaceId, []), { epoch: row.epoch, firstVersion: row.firstVersion });
  }

  addSpace({ id, name, creationId }: { id: number; name: string; creationId: string }): void {
    if (this.data.spaces.has(id) || this.data.ended.has(id)) throw new Error("UNIQUE constraint failed: spaces");
    for (const space of this.data.spaces.values())
      if (space.name === name) throw new Error("UNIQUE constraint failed: spaces.name");
    const row = { id, name, creationId, foldedVersion: 0, tombstoneFloor: 0, digest: null };
    this.#set("commit", this.data.spaces, id, row);
  }

  endSpace(spaceId: number): void {
    this.#set("commit", this.data.spaces, spaceId, undefined);
    this.added.ended += 1;
    this.data.ended.add(spaceId);
    this.#wrote("commit", () => this.data.ended.delete(spaceId));
  }

  addEpoch(epoch: string): void {
    this.#push("epoch", this.data.epochs, epoch);
  }

  probe(): void {
    this.#wrote("probe", () => {});
  }

  // Folds, and what trimming asks for too.

  space(spaceId: number): FoldedSpace | null {
    return this.data.spaces.get(spaceId) ?? null;
  }

  endOfGroup(spaceId: number, version: number): number | null {
    const group = this.data.log.findLast((row) => row.spaceId === spaceId && row.firstVersion <= version);
    return group?.lastVersion ?? null;
  }

  putRecord(spaceId: number, row: StoredRecord): void {
    this.#set("fold", rowsOf(this.data.records, spaceId, new Map()), keyOf(row), row);
  }

  dropRecord(spaceId: number, collection: string, id: string): void {
    this.#set("fold", rowsOf(this.data.records, spaceId, new Map()), keyOf({ collection, id }), undefined);
  }

  putTombstone(spaceId: number, row: StoredTombstone): void {
    this.#set("fold", rowsOf(this.data.tombstones, spaceId, new Map()), keyOf(row), row);
  }

  dropTombstone(spaceId: number, collection: string, id: string): void {
    this.#set("fold", rowsOf(this.data.tombstones, spaceId, new Map()), keyOf({ collection, id }), undefined);
  }

  noteUndo(spaceId: number, target: number, collection: string, id: string): void {
    this.#count("fold_in_slices");
    const { undo, records, tombstones } = this.data;
    const record = records.get(spaceId)?.get(keyOf({ collection, id }));
    const version = (record ?? tombstones.get(spaceId)?.get(keyOf({ collection, id })))?.version ?? null;
    const rowId = (undo.at(-1)?.rowId ?? 0) + 1;
    this.#push("fold", undo, { rowId, spaceId, target, collection, id, version, text: record?.text ?? null });
  }

  endFold(spaceId: number, { version, tombstoneFloor, digest }: FoldEnd): void {
    const space = this.data.spaces.get(spaceId);
    if (space === undefined) return;
    this.#set("fold", this.data.spaces, spaceId, { ...space, foldedVersion: version, tombstoneFloor, digest });
  }

  undoRows(): Iterable<UndoRow> {
    return this.data.undo.toReversed();
  }

  clearUndo(): void {
    if (this.data.undo.length > 0) this.#count("fold_taken_back");
    this.#cut("undo", this.data.undo, this.data.undo.length);
  }

  // Trimming.

  *oldestLog(limit: number): Iterable<OldLogRow> {
    this.lookedAt = { ...this.added };
    for (const row of this.data.log.slice(0, limit)) yield { ...row, bytes: row.changes.length };
  }

  dropLog(upToSequence: number): void {
    this.#count("bound_log");
    const kept = this.data.log.findIndex(({ sequence }) => sequence > upToSequence);
    this.#cut("trim", this.data.log, kept < 0 ? this.data.log.length : kept);
  }

  oldest(queue: "answers" | "history", limit: number): readonly OldRow[] {
    return this.data[queue].slice(0, limit).map(({ rowId, at }) => ({ id: rowId, at }));
  }

  newestId(queue: "answers" | "history"): number | null {
    return this.data[queue].at(-1)?.rowId ?? null;
  }

  oldestUndo(limit: number): readonly OldUndoRow[] {
    return this.data.undo.slice(0, limit).map(({ rowId, spaceId, target }) => ({ id: rowId, spaceId, target }));
  }

  drop(queue: Queue, upToId: number): void {
    this.#count(`bound_${queue}`);
    const rows: { readonly rowId: number }[] = this.data[queue];
    const kept = rows.findIndex(({ rowId }) => rowId > upToId);
    this.#cut("trim", rows, kept < 0 ? rows.length : kept);
  }

  hasTombstones(spaceId: number, floor: number): boolean {
    return this.#tombstonesUpTo(spaceId, floor).length > 0;
  }

  #tombstonesUpTo(spaceId: number, floor: number): readonly StoredTombstone[] {
    return [...(this.data.tombstones.get(spaceId)?.values() ?? [])].filter(({ version }) => version <= floor);
  }

  dropTombstones(spaceId: number, floor: number, limit: number): void {
    this.#count("bound_tombstones");
    const rows = rowsOf(this.data.tombstones, spaceId, new Map());
    for (const row of this.#tombstonesUpTo(spaceId, floor).slice(0, limit))
      this.#set("trim", rows, keyOf(row), undefined);
  }

  endedSpace(): number | null {
    return [...this.data.ended][0] ?? null;
  }

  dropOfEnded(table: "records" | "tombstones" | "log" | "lineage", spaceId: number, limit: number): number {
    if (table === "log") return this.#dropLogOf(spaceId, limit);
    if (table === "lineage") {
      const rows = rowsOf(this.data.lineage, spaceId, []);
      const count = Math.min(limit, rows.length);
      this.#cut("trim", rows, count);
      return count;
    }
    const rows = rowsOf<Map<string, StoredRecord | StoredTombstone>>(this.data[table], spaceId, new Map());
    const keys = [...rows.keys()].slice(0, limit);
    for (const key of keys) this.#set("trim", rows, key, undefined);
    return keys.length;
  }

  #dropLogOf(spaceId: number, limit: number): number {
    const { log } = this.data;
    const before = [...log];
    const gone = new Set(before.filter((row) => row.spaceId === spaceId).slice(0, limit));
    if (gone.size === 0) return 0;
    log.splice(0, log.length, ...before.filter((row) => !gone.has(row)));
    this.#wrote("trim", () => log.splice(0, log.length, ...before));
    return gone.size;
  }

  forgetEnded(spaceId: number): void {
    this.#count("bound_ended");
    this.data.ended.delete(spaceId);
    this.#wrote("trim", () => this.data.ended.add(spaceId));
  }

  // What is read.

  epochs(): readonly string[] {
    return [...this.data.epochs];
  }

  spaces(): readonly SpaceTableRow[] {
    return [...this.data.spaces.values()].sort((a, b) => a.id - b.id);
  }

  lineage(spaceId: number): readonly LineageRow[] {
    return [...(this.data.lineage.get(spaceId) ?? [])];
  }

  records(spaceId: number): readonly StoredRecord[] {
    return [...(this.data.records.get(spaceId)?.values() ?? [])];
  }

  tombstones(spaceId: number, floor: number): readonly StoredTombstone[] {
    return [...(this.data.tombstones.get(spaceId)?.values() ?? [])].filter(({ version }) => version > floor);
  }

  newestLog(): { readonly sequence: number; readonly total: number } | null {
    return this.data.log.at(-1) ?? null;
  }

  greatestSpaceId(): number {
    return Math.max(0, ...this.data.spaces.keys(), ...this.data.ended);
  }

  newestAnswerAt(): number | null {
    return this.data.answers.at(-1)?.at ?? null;
  }

  answer(key: string, oldestAt: number): StoredAnswer | null {
    const found = this.data.answers.find((row) => row.key === key && row.at >= oldestAt);
    if (found === undefined) return null;
    const { rowId, ...answer } = found;
    return answer;
  }

  /** Both what is read at the opening, and later, with a limit. */
  log(space: string, spaceId: number, afterVersion: number, limit?: number): ReturnType<QueryTables["log"]> {
    const isWanted = (row: LogTableRow) =>
      limit === undefined ? row.firstVersion > afterVersion : row.lastVersion > afterVersion;
    return this.data.log
      .filter((row) => row.spaceId === spaceId && isWanted(row))
      .slice(0, limit)
      .map(({ firstVersion, lastVersion, at, changes }) => ({ space, firstVersion, lastVersion, at, changes }));
  }

  history(query: Parameters<QueryTables["history"]>[0]): ReturnType<QueryTables["history"]> {
    const { space, collection, afterVersion = -1, beforeVersion = Number.POSITIVE_INFINITY, limit } = query;
    const rows = this.data.history
      .filter((row) => row.space === space && (collection === undefined || row.collection === collection))
      .filter(({ version }) => version > afterVersion && version < beforeVersion)
      .map(({ rowId, ...row }) => row)
      .sort((a, b) => a.version - b.version);
    return query.beforeVersion === undefined ? rows.slice(0, limit) : rows.slice(Math.max(0, rows.length - limit));
  }

  kept(): KeptRows {
    const [oldest] = this.data.log;
    const gone = oldest === undefined ? null : oldest.total - (oldest.lastVersion - oldest.firstVersion + 1);
    return { answers: this.data.answers.length, history: this.data.history.length, logGone: gone };
  }
}

function rowsOf<Rows>(of: Map<number, Rows>, spaceId: number, none: Rows): Rows {
  const rows = of.get(spaceId);
  if (rows !== undefined) return rows;
  of.set(spaceId, none);
  return none;
}

function keyOf({ collection, id }: { readonly collection: string; readonly id: string }): string {
  return `${collection}\0${id}`;
}
