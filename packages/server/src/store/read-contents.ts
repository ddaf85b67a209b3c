import { SyncError } from "@neverstale/protocol";
import type { Counters } from "./catalog.ts";
import type { LogRow, SpaceContents } from "./contract.ts";
import type { ContentTables, SpaceTableRow } from "./tables.ts";

export interface NumberedSpace {
  readonly id: number;
  readonly contents: SpaceContents;
}

export interface DatabaseContents {
  readonly epochs: readonly string[];
  readonly spaces: readonly NumberedSpace[];
  readonly counters: Counters;
  readonly newestAnswerAt: number | null;
}

/** Reads the whole database. Throws `store_damaged` when a log has a hole behind its fold. */
export function readContents(tables: ContentTables): DatabaseContents {
  const spaces = tables.spaces().map((row) => ({ id: row.id, contents: readSpace(tables, row) }));
  const { sequence, total } = tables.newestLog() ?? { sequence: 0, total: 0 };
  const counters = { nextSpaceId: tables.greatestSpaceId() + 1, sequence, total };
  return { epochs: tables.epochs(), spaces, counters, newestAnswerAt: tables.newestAnswerAt() };
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
