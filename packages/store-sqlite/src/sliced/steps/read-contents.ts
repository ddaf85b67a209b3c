/** Reading the contents gives all that a database holds, when a store is opened. */

import { SyncError } from "@neverstale/protocol";
import type { ChainHead, LogRow, OwnerAnswers, SpaceContents, TakeoverEntry } from "@neverstale/server/store";
import { Catalog, type Counters } from "@neverstale/server/store";
import type { ContentTables, SpaceTableRow, TableAccess } from "../tables.ts";
import { undoFolds } from "./fold-rows.ts";

/** Takes back what a crash left half done, and reads the whole database. It throws what `readContents` throws. */
export function readAnew(connection: TableAccess): DatabaseContents {
  connection.transaction(() => undoFolds(connection.tables.folds));
  return readContents(connection.tables.contents);
}

export function catalogOf({ spaces, counters, head, takeover }: DatabaseContents): Catalog {
  const entries = spaces.map(({ id, contents: { name, creationId, log, foldedVersion } }) => {
    return [name, { id, creationId, head: log.at(-1)?.lastVersion ?? foldedVersion }] as const;
  });
  return new Catalog(entries, counters, { head, takeover: takeover?.sequence ?? 0 });
}

interface NumberedSpace {
  readonly id: number;
  readonly contents: SpaceContents;
}

export interface DatabaseContents {
  readonly epochs: readonly string[];
  readonly spaces: readonly NumberedSpace[];
  readonly counters: Counters;
  readonly head: ChainHead | null;
  readonly takeover: TakeoverEntry | null;
  readonly ageAt: number | null;
  readonly answers: readonly OwnerAnswers[];
}

/** It throws `store_damaged` when a log has a hole behind its fold. */
function readContents(tables: ContentTables): DatabaseContents {
  const spaces = tables.spaces().map((row) => ({ id: row.id, contents: readSpace(tables, row) }));
  const newest = tables.newestEntry();
  return {
    epochs: tables.epochs(),
    spaces,
    counters: readCounters(tables),
    head: newest === null ? null : { sequence: newest.sequence, term: newest.term },
    takeover: tables.newestTakeover(),
    ageAt: newest?.ageAt ?? tables.newestAnswerAt(),
    answers: tables.answers(),
  };
}

function readCounters(tables: ContentTables): Counters {
  const { sequence, total, chars: logChars } = tables.newestLog() ?? { sequence: 0, total: 0, chars: 0 };
  const { position, chars: historyChars } = tables.newestHistory();
  return { nextSpaceId: tables.greatestSpaceId() + 1, sequence, total, logChars, position, historyChars };
}

function readSpace(tables: ContentTables, row: SpaceTableRow): SpaceContents {
  const { id, name, creationId, foldedVersion, tombstoneFloor, digest } = row;
  const log = tables.log(name, id, foldedVersion);
  checkLog(name, foldedVersion, log);
  return {
    name,
    creationId,
    foldedVersion,
    tombstoneFloor,
    lineage: tables.lineage(id),
    records: tables.records(id),
    tombstones: tables.tombstones(id, tombstoneFloor),
    log,
    digest: digest === null ? null : { version: foldedVersion, digest },
  };
}

function checkLog(space: string, foldedVersion: number, log: readonly LogRow[]): void {
  let next = foldedVersion + 1;
  for (const { firstVersion, lastVersion } of log) {
    if (firstVersion !== next || lastVersion < firstVersion) {
      throw new SyncError(
        "store_damaged",
        `the log of "${space}" goes on with version ${firstVersion} instead of ${next}`,
        {
          hint: "Restore a backup.",
        },
      );
    }
    next = lastVersion + 1;
  }
}
