/** The query statements read a few rows by an index, while the database is open. */

import type { DatabaseSync } from "node:sqlite";
import type { HistoryQuery, LogRow, StoredAnswer, StoredHistoryRow } from "@neverstale/server/store";
import type { EntryRow, FileSize, LoggedEntryRow, OldestRows, QueryTables } from "../../sliced/tables.ts";
import { pragma } from "../connection.ts";
import { Prepared } from "./prepared.ts";
import { CHAIN_START } from "./trim-statements.ts";

/** These creations took their history with them, and it is not cleared away yet. */
const GONE = "SELECT history_creation FROM ended_spaces WHERE history_creation NOT NULL";

export class QueryStatements implements QueryTables {
  readonly #db: DatabaseSync;
  readonly #statements: Prepared;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#statements = new Prepared(db);
  }

  answer(key: string): StoredAnswer | null {
    const rows = this.#rows<StoredAnswer>(
      `SELECT key, body_hash AS bodyHash, at, version, answer, owner, made_at AS madeAt
       FROM idempotency WHERE key = ?`,
      key,
    );
    return rows[0] ?? null;
  }

  expiredUpTo(owner: string): number | null {
    const rows = this.#rows<{ madeAt: number | null }>(
      "SELECT max(made_at) AS madeAt FROM expired_keys WHERE owner = ? OR owner IS NULL",
      owner,
    );
    return rows[0]?.madeAt ?? null;
  }

  log(space: string, spaceId: number, afterVersion: number, limit: number): LogRow[] {
    return this.#rows(
      `SELECT ? AS space, first_version AS firstVersion, last_version AS lastVersion, at, changes FROM log
       WHERE space_id = ? AND last_version > ? AND first_version >=
         coalesce((SELECT max(first_version) FROM log WHERE space_id = ? AND first_version <= ?), 0)
       ORDER BY first_version LIMIT ?`,
      space,
      spaceId,
      afterVersion,
      spaceId,
      afterVersion,
      limit,
    );
  }

  /** It reads collection by collection, as the index has them. The best rows of each are then the best of all. */
  history(query: HistoryQuery): StoredHistoryRow[] {
    const { space, before, limit } = query;
    const collections = query.collection === undefined ? this.#collectionsOf(space) : [query.collection];
    const rows = collections.flatMap((collection) => this.#historyOf(query, collection));
    rows.sort((a, b) => a.position - b.position);
    return before === undefined ? rows.slice(0, limit) : rows.slice(Math.max(0, rows.length - limit));
  }

  #historyOf({ space, creationId, after, before, limit }: HistoryQuery, collection: string): StoredHistoryRow[] {
    const order = before === undefined ? "history_id" : "history_id DESC";
    return this.#rows(
      `SELECT history_id AS position, space, creation_id AS creationId, collection, id, version, at, text FROM history
       WHERE space = ? AND collection = ? AND history_id > ? AND history_id < ?
         ${creationId === undefined ? "" : "AND creation_id = ?"}
         AND (creation_id IS NULL OR creation_id NOT IN (${GONE}))
       ORDER BY ${order} LIMIT ?`,
      space,
      collection,
      after ?? 0,
      before ?? Number.MAX_SAFE_INTEGER,
      ...(creationId === undefined ? [] : [creationId]),
      limit,
    );
  }

  entries(afterEntry: number, limit: number): EntryRow[] {
    const rows = this.#rows<EntryColumns>(
      `SELECT sequence, own.epoch AS term, before.epoch AS termBefore, at, age_at AS ageAt, spaces, address, model
       FROM chain JOIN epochs AS own ON own.position = term LEFT JOIN epochs AS before ON before.position = term_before
       WHERE sequence > ? ORDER BY sequence LIMIT ?`,
      afterEntry,
      limit,
    );
    return rows.map(entryOf);
  }

  *loggedEntries(afterEntry: number): Iterable<LoggedEntryRow> {
    const rows = this.#statements.get(
      `SELECT entry, epoch AS term, at, coalesce(age_at, at) AS ageAt, coalesce(spaces.name, ended_names.name) AS name,
         first_version AS firstVersion, last_version AS lastVersion,
         CASE WHEN ended_spaces.history_space IS NULL THEN nullif(changes, '') END AS changes
       FROM log CROSS JOIN epochs ON position = term
         LEFT JOIN spaces ON spaces.space_id = log.space_id LEFT JOIN ended_names ON ended_names.space_id = log.space_id
         LEFT JOIN ended_spaces ON ended_spaces.space_id = log.space_id
       WHERE log.sequence >= ? AND entry > ? ORDER BY log.sequence`,
    );
    yield* rows.iterate(this.#firstLogBehind(afterEntry), afterEntry) as Iterable<unknown> as Iterable<LoggedEntryRow>;
  }

  /** It returns where in the log the entries behind this one begin, by halves: entries rise with the rows of the log. */
  #firstLogBehind(entry: number): number {
    const [{ oldest, newest } = { oldest: 0, newest: -1 }] = this.#rows<{ oldest: number; newest: number }>(
      "SELECT coalesce((SELECT min(sequence) FROM log), 0) AS oldest, coalesce((SELECT max(sequence) FROM log), -1) AS newest",
    );
    let from = oldest;
    let to = newest + 1;
    while (from < to) {
      const middle = Math.floor((from + to) / 2);
      const [row] = this.#rows<{ sequence: number; entry: number }>(
        "SELECT sequence, coalesce(entry, 0) AS entry FROM log WHERE sequence >= ? ORDER BY sequence LIMIT 1",
        middle,
      );
      if (row === undefined || row.entry > entry) to = middle;
      else from = row.sequence + 1;
    }
    return from;
  }

  chainStart(): number {
    return this.#rows<{ entry: number }>(CHAIN_START)[0]?.entry ?? 0;
  }

  oldest(): OldestRows {
    const [log = null] = this.#rows<{ total: number; chars: number }>(`
      SELECT total - (last_version - first_version + 1) AS total, max(0, coalesce(chars, 0) - octet_length(changes)) AS chars
      FROM log ORDER BY sequence LIMIT 1`);
    const [history = null] = this.#rows<{ position: number; chars: number }>(`
      SELECT history_id - 1 AS position, max(0, coalesce(chars, 0) - octet_length(text)) AS chars
      FROM history ORDER BY history_id LIMIT 1`);
    return { log, history };
  }

  file(): FileSize {
    const read = (name: string) => Number(pragma(this.#db, name));
    return { pages: read("page_count"), freePages: read("freelist_count"), pageBytes: read("page_size") };
  }

  #collectionsOf(space: string): string[] {
    const rows = this.#rows<{ name: string }>(
      `WITH RECURSIVE found (name) AS (
         SELECT min(collection) FROM history WHERE space = ?
         UNION ALL
         SELECT (SELECT min(collection) FROM history WHERE space = ? AND collection > name) FROM found WHERE name NOT NULL
       ) SELECT name FROM found WHERE name NOT NULL`,
      space,
      space,
    );
    return rows.map((row) => row.name);
  }

  /** It returns plain objects, since those of the driver have no prototype. */
  #rows<Row>(sql: string, ...values: readonly (string | number)[]): Row[] {
    return this.#statements
      .get(sql)
      .all(...values)
      .map((row) => ({ ...row }) as Row);
  }
}

interface EntryColumns {
  readonly sequence: number;
  readonly term: string;
  readonly termBefore: string | null;
  readonly at: number;
  readonly ageAt: number;
  readonly spaces: string | null;
  readonly address: string | null;
  readonly model: number | null;
}

function entryOf({ sequence, term, termBefore, at, ageAt, spaces, address, model }: EntryColumns): EntryRow {
  if (model !== null) return { type: "takeover", sequence, term, termBefore, at, ageAt, address, model };
  return { type: "group", sequence, term, at, ageAt, spaces: spaces ?? "[]" };
}
