import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { HistoryQuery, HistoryRow, LogRow, StoredAnswer } from "../contract.ts";
import type { KeptRows, QueryTables } from "../tables.ts";

export class QueryStatements implements QueryTables {
  readonly #answer: StatementSync;
  readonly #log: StatementSync;
  readonly #collections: StatementSync;
  readonly #oldestHistory: StatementSync;
  readonly #newestHistory: StatementSync;
  readonly #kept: StatementSync;

  constructor(db: DatabaseSync) {
    this.#answer = db.prepare(
      "SELECT key, body_hash AS bodyHash, at, version, answer FROM idempotency WHERE key = ? AND at >= ?",
    );
    this.#log = db.prepare(`
      SELECT ?1 AS space, first_version AS firstVersion, last_version AS lastVersion, at, changes FROM log
      WHERE space_id = ?2 AND last_version > ?3 AND first_version >=
        coalesce((SELECT max(first_version) FROM log WHERE space_id = ?2 AND first_version <= ?3), 0)
      ORDER BY first_version LIMIT ?4`);
    this.#collections = db.prepare(`
      WITH RECURSIVE found (name) AS (
        SELECT min(collection) FROM history WHERE space = ?1
        UNION ALL
        SELECT (SELECT min(collection) FROM history WHERE space = ?1 AND collection > name) FROM found WHERE name NOT NULL
      ) SELECT name FROM found WHERE name NOT NULL`);
    const history = `
      SELECT space, collection, id, version, at, text FROM history
      WHERE space = ? AND collection = ? AND version > ? AND version < ?`;
    this.#oldestHistory = db.prepare(`${history} ORDER BY version, history_id LIMIT ?`);
    this.#newestHistory = db.prepare(`${history} ORDER BY version DESC, history_id DESC LIMIT ?`);
    const span = (id: string, table: string) =>
      `coalesce((SELECT max(${id}) FROM ${table}) - (SELECT min(${id}) FROM ${table}) + 1, 0)`;
    this.#kept = db.prepare(`
      SELECT ${span("answer_id", "idempotency")} AS answers, ${span("history_id", "history")} AS history,
        (SELECT total - (last_version - first_version + 1) FROM log ORDER BY sequence LIMIT 1) AS logGone`);
  }

  answer(key: string, oldestAt: number): StoredAnswer | null {
    const row = this.#answer.get(key, oldestAt);
    return row === undefined ? null : ({ ...row } as unknown as StoredAnswer);
  }

  log(space: string, spaceId: number, afterVersion: number, limit: number): LogRow[] {
    return this.#log.all(space, spaceId, afterVersion, limit).map((row) => ({ ...row }) as unknown as LogRow);
  }

  /** Collection by collection, as the index has them; the best of each are then the best of all. */
  history(query: HistoryQuery): HistoryRow[] {
    const { space, afterVersion = -1, beforeVersion, limit } = query;
    const statement = beforeVersion === undefined ? this.#oldestHistory : this.#newestHistory;
    const collections = query.collection === undefined ? this.#collectionsOf(space) : [query.collection];
    const rows = collections.flatMap((collection) =>
      statement.all(space, collection, afterVersion, beforeVersion ?? Number.MAX_SAFE_INTEGER, limit),
    ) as unknown as HistoryRow[];
    const oldestFirst = rows.map((row) => ({ ...row })).sort((a, b) => a.version - b.version);
    return beforeVersion === undefined
      ? oldestFirst.slice(0, limit)
      : oldestFirst.slice(Math.max(0, oldestFirst.length - limit));
  }

  kept(): KeptRows {
    return this.#kept.get() as unknown as KeptRows;
  }

  #collectionsOf(space: string): string[] {
    return this.#collections.all(space).map((row) => String(row.name));
  }
}
