/** The content statements read the whole database, when it is opened. */

import type { DatabaseSync } from "node:sqlite";
import type {
  ChainHead,
  LineageRow,
  LogRow,
  OwnerAnswers,
  StoredRecord,
  StoredTombstone,
  TakeoverEntry,
} from "@neverstale/server/store";
import type { ContentTables, SpaceTableRow } from "../../sliced/tables.ts";
import { Prepared } from "./prepared.ts";
import { TAKEOVERS, takeoverOf } from "./takeovers.ts";

export class ContentStatements implements ContentTables {
  readonly #statements: Prepared;

  constructor(db: DatabaseSync) {
    this.#statements = new Prepared(db);
  }

  epochs(): string[] {
    return this.#rows<{ epoch: string }>("SELECT epoch FROM epochs ORDER BY position").map((row) => row.epoch);
  }

  spaces(): SpaceTableRow[] {
    return this.#rows(`
      SELECT space_id AS id, name, creation_id AS creationId, folded_version AS foldedVersion,
        tombstone_floor AS tombstoneFloor, digest
      FROM spaces ORDER BY space_id`);
  }

  lineage(spaceId: number): LineageRow[] {
    return this.#rows(
      "SELECT epoch, first_version AS firstVersion FROM lineage WHERE space_id = ? ORDER BY first_version",
      spaceId,
    );
  }

  records(spaceId: number): StoredRecord[] {
    return this.#rows("SELECT collection, id, version, text FROM records WHERE space_id = ?", spaceId);
  }

  tombstones(spaceId: number, floor: number): StoredTombstone[] {
    return this.#rows(
      "SELECT collection, id, version FROM tombstones WHERE space_id = ? AND version > ?",
      spaceId,
      floor,
    );
  }

  log(space: string, spaceId: number, foldedVersion: number): LogRow[] {
    return this.#rows(
      `SELECT ? AS space, first_version AS firstVersion, last_version AS lastVersion, at, changes
       FROM log WHERE space_id = ? AND first_version > ? ORDER BY first_version`,
      space,
      spaceId,
      foldedVersion,
    );
  }

  newestLog(): { readonly sequence: number; readonly total: number; readonly chars: number } | null {
    const rows = this.#rows<{ sequence: number; total: number; chars: number }>(
      "SELECT sequence, total, coalesce(chars, 0) AS chars FROM log ORDER BY sequence DESC LIMIT 1",
    );
    return rows[0] ?? null;
  }

  newestHistory(): { readonly position: number; readonly chars: number } {
    const rows = this.#rows<{ position: number; chars: number }>(`
      SELECT position, chars FROM dropped
      UNION ALL SELECT * FROM (
        SELECT history_id, coalesce(chars, 0) FROM history ORDER BY history_id DESC LIMIT 1
      ) ORDER BY position DESC LIMIT 1`);
    return rows[0] ?? { position: 0, chars: 0 };
  }

  answers(): OwnerAnswers[] {
    return this.#rows("SELECT owner, count(*) AS count, sum(chars) AS chars FROM idempotency GROUP BY owner");
  }

  greatestSpaceId(): number {
    const greatest = (table: string) => `coalesce((SELECT max(space_id) FROM ${table}), 0)`;
    const sql = `SELECT max(${["spaces", "ended_spaces", "ended_names", "log"].map(greatest).join(", ")}) AS id`;
    return this.#rows<{ id: number }>(sql)[0]?.id ?? 0;
  }

  newestEntry(): (ChainHead & { readonly ageAt: number }) | null {
    const newest = (table: string) => `SELECT * FROM ${table} ORDER BY sequence DESC LIMIT 1`;
    const rows = this.#rows<ChainHead & { readonly ageAt: number }>(`
      SELECT newest.sequence, epoch AS term, age_at AS ageAt FROM (
        SELECT sequence, term, age_at FROM (${newest("chain")})
        UNION ALL SELECT entry, term, coalesce(age_at, at) FROM (${newest("log")})
      ) AS newest JOIN epochs ON position = term ORDER BY newest.sequence DESC LIMIT 1`);
    return rows[0] ?? null;
  }

  newestTakeover(): TakeoverEntry | null {
    const [row] = this.#rows<Parameters<typeof takeoverOf>[0]>(`${TAKEOVERS} ORDER BY sequence DESC LIMIT 1`);
    return row === undefined ? null : takeoverOf(row);
  }

  newestAnswerAt(): number | null {
    return this.#rows<{ at: number }>("SELECT at FROM idempotency ORDER BY answer_id DESC LIMIT 1")[0]?.at ?? null;
  }

  /** It returns plain objects, since those of the driver have no prototype. */
  #rows<Row>(sql: string, ...values: readonly (string | number)[]): Row[] {
    const statement = this.#statements.get(sql);
    return Array.from(statement.iterate(...values), (row) => ({ ...row }) as Row);
  }
}
