import type { CommitTables, ContentTables, SpaceTableRow, UndoRow } from "@neverstale/server";

export type LogTableRow = Parameters<CommitTables["addLog"]>[0] & { readonly at: number };
export type LineageRow = ReturnType<ContentTables["lineage"]>[number];
export type StoredRecord = ReturnType<ContentTables["records"]>[number];
export type StoredTombstone = ReturnType<ContentTables["tombstones"]>[number];
export type StoredAnswer = Parameters<CommitTables["putAnswer"]>[0];
export type HistoryRow = Parameters<CommitTables["addHistory"]>[0];
type Numbered<Row> = Row & { readonly rowId: number };

/** The rows of a database. They are never altered, only replaced: a copy needs new containers alone. */
export interface TableData {
  readonly epochs: string[];
  readonly spaces: Map<number, SpaceTableRow>;
  readonly ended: Set<number>;
  readonly lineage: Map<number, LineageRow[]>;
  readonly log: LogTableRow[];
  readonly records: Map<number, Map<string, StoredRecord>>;
  readonly tombstones: Map<number, Map<string, StoredTombstone>>;
  readonly undo: Numbered<UndoRow>[];
  readonly history: Numbered<HistoryRow>[];
  readonly answers: Numbered<StoredAnswer>[];
}

export function emptyTables(): TableData {
  return {
    epochs: [],
    spaces: new Map(),
    ended: new Set(),
    lineage: new Map(),
    log: [],
    records: new Map(),
    tombstones: new Map(),
    undo: [],
    history: [],
    answers: [],
  };
}

export function copyOf(data: TableData): TableData {
  const inner = <Row>(rows: Map<number, Map<string, Row>>) => new Map([...rows].map(([id, of]) => [id, new Map(of)]));
  return {
    epochs: [...data.epochs],
    spaces: new Map(data.spaces),
    ended: new Set(data.ended),
    lineage: new Map([...data.lineage].map(([id, rows]) => [id, [...rows]])),
    log: [...data.log],
    records: inner(data.records),
    tombstones: inner(data.tombstones),
    undo: [...data.undo],
    history: [...data.history],
    answers: [...data.answers],
  };
}
