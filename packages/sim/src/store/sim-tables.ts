/** The tables of the store on the simulated disk, with a way back from everything that is written. */

import type {
  EncodedHistoryRow,
  EncodedLogRow,
  EndedSpace,
  LineageRow,
  PlannedEntry,
  StoredAnswer,
  StoredRecord,
  StoredTombstone,
  TakeoverEntry,
} from "@neverstale/server/store";
import type {
  CommitTables,
  ContentTables,
  FoldEnd,
  FoldedSpace,
  FoldTables,
  PointTables,
  QueryTables,
  Tables,
  TrimTables,
  UndoRow,
} from "@neverstale/store-sqlite/sliced";
import { JournaledWrites, type RollbackJournal } from "./journal.ts";
import { SimPoints } from "./sim-points.ts";
import { SimReads } from "./sim-reads.ts";
import { SimTrims } from "./sim-trims.ts";
import { keyOf, rowsOf, type TableData } from "./table-data.ts";

export class SimTables implements Tables, CommitTables, FoldTables {
  readonly data: TableData;
  readonly trims: TrimTables;
  readonly contents: ContentTables;
  readonly queries: QueryTables;
  readonly points: PointTables;
  /**
   * So many rows were ever added to each table. `lookedAt` is what it was when trimming last looked for something to
   * do.
   */
  readonly added = { log: 0, history: 0, answers: 0, ended: 0 };
  lookedAt = { ...this.added };
  /** This was the newest entry of the chain then. */
  newestAtLook = 0;
  readonly #journals = new JournaledWrites();
  readonly #count: (what: string) => void;

  constructor(data: TableData, count: (what: string) => void) {
    this.data = data;
    this.#count = count;
    const reads = new SimReads(data);
    const looks = () => {
      this.lookedAt = { ...this.added };
      this.newestAtLook = reads.newestEntry()?.sequence ?? 0;
    };
    this.trims = new SimTrims(data, this.#journals, count, looks);
    this.contents = reads;
    this.queries = reads;
    this.points = new SimPoints(data, this.#journals);
  }

  begin(): RollbackJournal {
    return this.#journals.begin();
  }

  end(): void {
    this.#journals.end();
  }

  get commits(): CommitTables {
    return this;
  }

  get folds(): FoldTables {
    return this;
  }

  addLog(row: EncodedLogRow, { sequence: entry, term, at, ageAt }: PlannedEntry): void {
    this.added.log += row.lastVersion - row.firstVersion + 1;
    this.#journals.push("commit", this.data.log, { ...row, entry, term, at, ageAt });
  }

  addEntry({ sequence, term, at, ageAt }: PlannedEntry, spaces: string): void {
    this.#journals.push("commit", this.data.chain, { type: "group", sequence, term, at, ageAt, spaces });
  }

  addTakeover(entry: TakeoverEntry): void {
    this.#journals.push("epoch", this.data.epochs, entry.term);
    this.#journals.push("epoch", this.data.chain, entry);
  }

  addHistory(row: EncodedHistoryRow): void {
    this.added.history += 1;
    this.#journals.push("commit", this.data.history, row);
  }

  removeAnswer(key: string): ReturnType<CommitTables["removeAnswer"]> {
    const before = this.data.answers.find((row) => row.key === key);
    if (before === undefined) return null;
    this.#journals.remove("commit", this.data.answers, (row) => row === before);
    return { owner: before.owner, chars: before.chars };
  }

  addAnswer(row: StoredAnswer, chars: number): void {
    this.added.answers += 1;
    const { answers } = this.data;
    this.#journals.push("commit", answers, { ...row, chars, rowId: (answers.at(-1)?.rowId ?? 0) + 1 });
  }

  addLineage(spaceId: number, { epoch, firstVersion }: LineageRow): void {
    this.#journals.push("commit", rowsOf(this.data.lineage, spaceId, []), { epoch, firstVersion });
  }

  addSpace({ id, name, creationId }: { id: number; name: string; creationId: string }): void {
    if (this.data.spaces.has(id) || this.data.ended.has(id)) throw new Error("UNIQUE constraint failed: spaces");
    for (const space of this.data.spaces.values())
      if (space.name === name) throw new Error("UNIQUE constraint failed: spaces.name");
    const row = { id, name, creationId, foldedVersion: 0, tombstoneFloor: 0, digest: null };
    this.#journals.set("commit", this.data.spaces, id, row);
  }

  endSpace({ id, name, history, hasLog, lastLog }: EndedSpace): void {
    this.added.ended += 1;
    this.#journals.set("commit", this.data.spaces, id, undefined);
    this.#journals.set("commit", this.data.ended, id, history);
    if (!hasLog) return;
    const place = (this.data.endedNames.at(-1)?.place ?? 0) + 1;
    this.#journals.push("commit", this.data.endedNames, { place, spaceId: id, name, lastLog });
  }

  probe(): void {
    this.#journals.wrote("probe", () => {});
  }

  space(spaceId: number): FoldedSpace | null {
    return this.data.spaces.get(spaceId) ?? null;
  }

  endOfGroup(spaceId: number, version: number): number | null {
    const group = this.data.log.findLast((row) => row.spaceId === spaceId && row.firstVersion <= version);
    return group?.lastVersion ?? null;
  }

  putRecord(spaceId: number, row: StoredRecord): void {
    this.#journals.set("fold", rowsOf(this.data.records, spaceId, new Map()), keyOf(row), row);
  }

  dropRecord(spaceId: number, collection: string, id: string): void {
    this.#journals.set("fold", rowsOf(this.data.records, spaceId, new Map()), keyOf({ collection, id }), undefined);
  }

  putTombstone(spaceId: number, row: StoredTombstone): void {
    this.#journals.set("fold", rowsOf(this.data.tombstones, spaceId, new Map()), keyOf(row), row);
  }

  dropTombstone(spaceId: number, collection: string, id: string): void {
    this.#journals.set("fold", rowsOf(this.data.tombstones, spaceId, new Map()), keyOf({ collection, id }), undefined);
  }

  noteUndo(spaceId: number, target: number, collection: string, id: string): void {
    this.#count("fold_in_slices");
    const { undo, records, tombstones } = this.data;
    const record = records.get(spaceId)?.get(keyOf({ collection, id }));
    const version = (record ?? tombstones.get(spaceId)?.get(keyOf({ collection, id })))?.version ?? null;
    const rowId = (undo.at(-1)?.rowId ?? 0) + 1;
    const text = record?.text ?? null;
    this.#journals.push("fold", undo, { rowId, spaceId, target, collection, id, version, text });
  }

  endFold(spaceId: number, { version, tombstoneFloor, digest }: FoldEnd): void {
    const space = this.data.spaces.get(spaceId);
    if (space === undefined) return;
    const row = { ...space, foldedVersion: version, tombstoneFloor, digest };
    this.#journals.set("fold", this.data.spaces, spaceId, row);
  }

  undoRows(): Iterable<UndoRow> {
    return this.data.undo.toReversed();
  }

  clearUndo(): void {
    if (this.#journals.remove("undo", this.data.undo, () => true) > 0) this.#count("fold_taken_back");
  }
}
