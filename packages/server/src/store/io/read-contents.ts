import type { DatabaseSync, StatementSync } from "node:sqlite";
import { SyncError } from "@neverstale/protocol";
import type { Counters } from "../catalog.ts";
import type { LineageRow, LogRow, SpaceContents, StoredRecord, StoredTombstone } from "../contract.ts";

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
export function readContents(db: DatabaseSync): DatabaseContents {
  const reader = new SpaceReader(db);
  const epochs = db
    .prepare("SELECT epoch FROM epochs ORDER BY position")
    .all()
    .map((row) => String(row.epoch));
  const rows = db.prepare("SELECT * FROM spaces ORDER BY space_id").all() as unknown as SpaceRow[];
  const spaces = rows.map((row) => ({ id: row.space_id, contents: reader.read(row) }));
  const newest = db.prepare("SELECT sequence, total FROM log ORDER BY sequence DESC LIMIT 1").get();
  const { id } = db.prepare(MAX_SPACE_ID).get() as { id: number };
  const counters = { nextSpaceId: id + 1, sequence: Number(newest?.sequence ?? 0), total: Number(newest?.total ?? 0) };
  const answer = db.prepare("SELECT at FROM idempotency ORDER BY answer_id DESC LIMIT 1").get();
  return { epochs, spaces, counters, newestAnswerAt: answer === undefined ? null : Number(answer.at) };
}

const MAX_SPACE_ID = `
  SELECT max(coalesce((SELECT max(space_id) FROM spaces), 0), coalesce((SELECT max(space_id) FROM ended_spaces), 0)) AS id`;

interface SpaceRow {
  readonly space_id: number;
  readonly name: string;
  readonly creation_id: string;
  readonly folded_version: number;
  readonly tombstone_floor: number;
  readonly digest: string | null;
}

class SpaceReader {
  readonly #lineage: StatementSync;
  readonly #records: StatementSync;
  readonly #tombstones: StatementSync;
  readonly #log: StatementSync;

  constructor(db: DatabaseSync) {
    this.#lineage = db.prepare(
      "SELECT epoch, first_version AS firstVersion FROM lineage WHERE space_id = ? ORDER BY first_version",
    );
    this.#records = db.prepare("SELECT collection, id, version, text FROM records WHERE space_id = ?");
    this.#tombstones = db.prepare("SELECT collection, id, version FROM tombstones WHERE space_id = ? AND version > ?");
    this.#log = db.prepare(`
      SELECT ? AS space, first_version AS firstVersion, last_version AS lastVersion, at, changes
      FROM log WHERE space_id = ? AND first_version > ? ORDER BY first_version`);
  }

  read(row: SpaceRow): SpaceContents {
    const { space_id: id, name, folded_version: foldedVersion, tombstone_floor: tombstoneFloor, digest } = row;
    const log = rowsOf<LogRow>(this.#log.iterate(name, id, foldedVersion));
    checkLog(name, foldedVersion, log);
    return {
      name,
      creationId: row.creation_id,
      foldedVersion,
      tombstoneFloor,
      lineage: rowsOf<LineageRow>(this.#lineage.iterate(id)),
      records: rowsOf<StoredRecord>(this.#records.iterate(id)),
      tombstones: rowsOf<StoredTombstone>(this.#tombstones.iterate(id, tombstoneFloor)),
      log,
      digest: digest === null ? null : { version: foldedVersion, digest },
    };
  }
}

/** Plain objects: the driver's have no prototype. */
function rowsOf<Row>(rows: Iterable<Record<string, unknown>>): Row[] {
  return Array.from(rows, (row) => ({ ...row }) as Row);
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
