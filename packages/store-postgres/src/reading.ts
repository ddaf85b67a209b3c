/** Reading makes the contents of a store out of its tables, as they are at one moment. */

import { SyncError } from "@neverstale/protocol";
import type {
  LogRow,
  SpaceContents,
  StoreContents,
  StoredRecord,
  StoredTombstone,
  TakeoverEntry,
} from "@neverstale/server/store";
import type { SqlSession } from "./database.ts";
import type { Names } from "./names.ts";
import { type ChainTableRow, chainPageStatement } from "./statements/chain.ts";
import {
  epochsStatement,
  lineageStatement,
  newestStatement,
  type RecordTableRow,
  recordsStatement,
  type SpaceRow,
  spacesStatement,
} from "./statements/contents.ts";

/** The session is inside a transaction that sees one moment. */
export async function readContents(session: SqlSession, names: Names, readRows: number): Promise<StoreContents> {
  const epochs = await session.run(epochsStatement(names));
  const [newest, takeover] = (await session.run(newestStatement(names))).rows;
  const { rows } = await session.run(spacesStatement(names));
  const spaces = new Map(rows.map((row) => [row.space_id, spaceOf(row)]));
  for (const { space_id, epoch, first_version } of (await session.run(lineageStatement(names))).rows)
    spaces.get(space_id)?.lineage.push({ epoch, firstVersion: first_version });
  await readRecords(session, names, readRows, spaces);
  await readLogs(session, names, rows, spaces);
  return {
    epochs: epochs.rows.map(({ epoch }) => epoch),
    spaces: [...spaces.values()],
    head: newest === undefined ? null : { sequence: newest.sequence, term: newest.term },
    takeover: takeover === undefined ? null : takeoverOf(takeover),
    ageAt: newest?.age_at ?? null,
  };
}

interface SpaceInReading extends SpaceContents {
  readonly lineage: { epoch: string; firstVersion: number }[];
  readonly records: StoredRecord[];
  readonly tombstones: StoredTombstone[];
  readonly log: LogRow[];
}

function spaceOf(row: SpaceRow): SpaceInReading {
  const { name, creation_id: creationId, folded_version: foldedVersion, tombstone_floor: tombstoneFloor } = row;
  const digest = row.digest === null ? null : { version: foldedVersion, digest: row.digest };
  const empty = { lineage: [], records: [], tombstones: [], log: [] };
  return { name, creationId, foldedVersion, tombstoneFloor, digest, ...empty };
}

type NewestRow = ReturnType<typeof newestStatement>["row"] & {};

function takeoverOf(row: NewestRow): TakeoverEntry {
  const { sequence, term, term_before: termBefore, at, age_at: ageAt, address, model } = row;
  return { type: "takeover", sequence, term, termBefore, at, ageAt, address, model: model ?? 0 };
}

async function readRecords(
  session: SqlSession,
  names: Names,
  limit: number,
  spaces: ReadonlyMap<number, SpaceInReading>,
): Promise<void> {
  let last: RecordTableRow | null = null;
  do {
    const { rows }: { readonly rows: readonly RecordTableRow[] } = await session.run(
      recordsStatement(names, last, limit),
    );
    for (const { space_id, collection, id, version, text } of rows) {
      const space = spaces.get(space_id);
      if (space === undefined) continue;
      if (text !== null) space.records.push({ collection, id, version, text });
      else if (version > space.tombstoneFloor) space.tombstones.push({ collection, id, version });
    }
    last = rows.length < limit ? null : (rows.at(-1) ?? null);
  } while (last !== null);
}

/** The log behind the folds is read as the chain is: by pages that have an end, from the first entry that is not folded. */
async function readLogs(
  session: SqlSession,
  names: Names,
  rows: readonly SpaceRow[],
  spaces: ReadonlyMap<number, SpaceInReading>,
): Promise<void> {
  const unfolded = rows.flatMap(({ unfolded: sequence }) => (sequence === null ? [] : [sequence]));
  if (unfolded.length === 0) return;
  let afterSequence = Math.min(...unfolded) - 1;
  for (;;) {
    const page = await session.run(chainPageStatement(names, { afterSequence, limit: PAGE_ENTRIES }));
    const last = page.rows.at(-1);
    if (last === undefined || last.sequence === null) return;
    for (const row of page.rows) if (row.sequence !== null) addToLog(spaces, row);
    afterSequence = last.sequence;
  }
}

const PAGE_ENTRIES = 1_000;

function addToLog(spaces: ReadonlyMap<number, SpaceInReading>, row: ChainTableRow): void {
  const space = row.space_id === null ? undefined : spaces.get(row.space_id);
  const { first_version: firstVersion, last_version: lastVersion, at, changes } = row;
  if (space === undefined || lastVersion < firstVersion || lastVersion <= space.foldedVersion) return;
  const next = (space.log.at(-1)?.lastVersion ?? space.foldedVersion) + 1;
  if (firstVersion !== next || changes === null)
    throw new SyncError("store_damaged", `the log of "${space.name}" lacks version ${next}`);
  space.log.push({ space: space.name, firstVersion, lastVersion, at, changes });
}
