/** The copy statements read all rows of a database in their order, and write what only a copy writes. */

import type { DatabaseSync } from "node:sqlite";
import type { CopiedExpiry, CopyStart, PointRow, StoredAnswer, StoredHistoryRow } from "@neverstale/server/store";

export class CopyStatements {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** No fold holds these changes yet, and no entry of the chain that is kept. A release that knew no chain may have written them. */
  hasUnfoldedOutsideChain(): boolean {
    const sql = `SELECT 1 FROM log JOIN spaces ON spaces.space_id = log.space_id
      WHERE last_version > folded_version AND coalesce(log.entry, 0) <= (SELECT entry FROM dropped) LIMIT 1`;
    return this.#db.prepare(sql).get() !== undefined;
  }

  answers(): Iterable<StoredAnswer> {
    return this.#rows(`SELECT key, owner, made_at AS madeAt, body_hash AS bodyHash, at, version, answer
      FROM idempotency ORDER BY answer_id`);
  }

  /** Where no key of everybody's has expired, the row for them has a time before all times. */
  expired(): Iterable<CopiedExpiry> {
    return this.#rows("SELECT owner, made_at AS madeAt FROM expired_keys WHERE made_at >= 0 ORDER BY owner");
  }

  /** History that went with its space is not told of, though its rows may not be cleared away yet. */
  history(): Iterable<StoredHistoryRow> {
    return this.#rows(`SELECT history_id AS position, space, creation_id AS creationId, collection, id, version, at, text
      FROM history WHERE creation_id IS NULL OR creation_id NOT IN (
        SELECT history_creation FROM ended_spaces WHERE history_creation NOT NULL)
      ORDER BY history_id`);
  }

  points(): Iterable<PointRow> {
    return this.#rows("SELECT step, at, series, text FROM points ORDER BY step, at, series");
  }

  *#rows<Row>(sql: string): Iterable<Row> {
    for (const row of this.#db.prepare(sql).iterate()) yield { ...row } as Row;
  }

  start({ epochs, trimmed, position }: CopyStart): void {
    const add = this.#db.prepare("INSERT INTO epochs (epoch) VALUES (?)");
    for (const epoch of epochs) add.run(epoch);
    this.#db.prepare("UPDATE dropped SET position = ?, entry = ?").run(position, trimmed);
  }
}
