/** The rows of a simulated database, and how they are copied. */

import type {
  EncodedHistoryRow,
  EncodedLogRow,
  HistoryOf,
  LineageRow,
  PointRow,
  StoredAnswer,
  StoredRecord,
  StoredTombstone,
} from "@neverstale/server/store";
import type { EndedNameRow, EntryRow, SpaceTableRow, UndoRow } from "@neverstale/store-sqlite/sliced";

/** Rows are never altered, only replaced. So a copy needs new containers alone. */
export interface TableData {
  readonly epochs: string[];
  readonly spaces: Map<number, SpaceTableRow>;
  /** By the number of the space, whose history goes with it; null where it stays. */
  readonly ended: Map<number, HistoryOf | null>;
  readonly lineage: Map<number, LineageRow[]>;
  readonly log: LogTableRow[];
  /** It holds the entries of which the log doesn't say everything. */
  readonly chain: EntryRow[];
  readonly endedNames: EndedName[];
  readonly records: Map<number, Map<string, StoredRecord>>;
  readonly tombstones: Map<number, Map<string, StoredTombstone>>;
  readonly undo: Numbered<UndoRow>[];
  readonly history: EncodedHistoryRow[];
  /**
   * History has dropped rows up to this position, and so many characters up to it. The chain is not whole up to this entry.
   */
  readonly dropped: Map<"position" | "chars" | "entry", number>;
  readonly answers: AnswerTableRow[];
  /** The time of the newest key that is expired stands by owner. Null stands for all owners. */
  readonly expired: Map<string | null, number>;
  /** They stand by their places. */
  readonly points: Map<string, PointRow>;
}

/** A row of the log says to which entry of the chain it belongs. */
export interface LogTableRow extends EncodedLogRow {
  readonly entry: number;
  readonly term: string;
  readonly at: number;
  readonly ageAt: number;
}

type EndedName = EndedNameRow & { readonly spaceId: number; readonly name: string };
type AnswerTableRow = Numbered<StoredAnswer> & { readonly chars: number };
type Numbered<Row> = Row & { readonly rowId: number };

export function emptyTables(): TableData {
  return {
    epochs: [],
    spaces: new Map(),
    ended: new Map(),
    lineage: new Map(),
    log: [],
    chain: [],
    endedNames: [],
    records: new Map(),
    tombstones: new Map(),
    undo: [],
    history: [],
    dropped: new Map(),
    answers: [],
    expired: new Map(),
    points: new Map(),
  };
}

export function copyOfTables(data: TableData): TableData {
  const inner = <Row>(rows: Map<number, Map<string, Row>>) => new Map([...rows].map(([id, of]) => [id, new Map(of)]));
  return {
    epochs: [...data.epochs],
    spaces: new Map(data.spaces),
    ended: new Map(data.ended),
    lineage: new Map([...data.lineage].map(([id, rows]) => [id, [...rows]])),
    log: [...data.log],
    chain: [...data.chain],
    endedNames: [...data.endedNames],
    records: inner(data.records),
    tombstones: inner(data.tombstones),
    undo: [...data.undo],
    history: [...data.history],
    dropped: new Map(data.dropped),
    answers: [...data.answers],
    expired: new Map(data.expired),
    points: new Map(data.points),
  };
}

/** It returns the rows of one space, which may be the first. */
export function rowsOf<Rows>(of: Map<number, Rows>, spaceId: number, none: Rows): Rows {
  const rows = of.get(spaceId);
  if (rows !== undefined) return rows;
  of.set(spaceId, none);
  return none;
}

export function keyOf({ collection, id }: { readonly collection: string; readonly id: string }): string {
  return `${collection}\0${id}`;
}
