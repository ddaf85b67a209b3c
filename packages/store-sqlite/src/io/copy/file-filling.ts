/** A filling writes the pages of a copy into a new SQLite file. */

import {
  bareMove,
  type ChainEntry,
  CopiedSpaces,
  type CopyPage,
  charsOf,
  type GroupEntry,
  type StoredHistoryRow,
} from "@neverstale/server/store";
import { spacesToText } from "../../sliced/steps/entry-spaces.ts";
import type { SqliteDatabase } from "../sqlite-database.ts";
import { CopyStatements } from "../statements/copy-statements.ts";

/** So many pages of the write-ahead log, about, are moved into the file at once. */
const CHECKPOINT_PAGES = 32;

export class FileFilling {
  readonly #database: SqliteDatabase;
  readonly #statements: CopyStatements;
  readonly #ids = new CopiedSpaces();
  /** These spaces have log rows, up to this one. */
  readonly #lastLogs = new Map<number, number>();
  #sequence = 0;
  #changes = 0;
  #logChars = 0;
  #historyChars = 0;
  #pages = 0;

  constructor(database: SqliteDatabase) {
    this.#database = database;
    this.#statements = new CopyStatements(database.background.db);
  }

  /** Nothing has to be forced to disk before the whole file is. */
  add(page: CopyPage): void {
    const { background } = this.#database;
    background.transaction(() => this.#write(page));
    this.#pages += 1;
    if (this.#pages % CHECKPOINT_PAGES === 0) this.#database.checkpoint();
  }

  end(): void {
    this.#database.checkpoint();
  }

  #write(page: CopyPage): void {
    const { commits, folds, trims, points } = this.#database.background;
    switch (page.kind) {
      case "start":
        this.#statements.start(page);
        if (page.takeover !== null) commits.addTakeoverEntry(page.takeover);
        break;
      case "entries":
        for (const entry of page.rows) this.#entry(entry);
        break;
      case "space": {
        const { name, creationId, foldedVersion: version, tombstoneFloor, lineage, digest } = page.space;
        const id = this.#ids.numberOf(name);
        commits.addSpace({ id, name, creationId });
        folds.endFold(id, { version, tombstoneFloor, digest: digest?.digest ?? null });
        for (const row of lineage) commits.addLineage(id, row);
        break;
      }
      case "records":
        for (const row of page.rows) folds.putRecord(this.#ids.numberOf(page.space), row);
        break;
      case "tombstones":
        for (const row of page.rows) folds.putTombstone(this.#ids.numberOf(page.space), row);
        break;
      case "answers":
        for (const row of page.rows) commits.addAnswer(row, charsOf(row));
        break;
      case "expired":
        for (const { owner, madeAt } of page.rows) trims.raiseExpired(owner, madeAt);
        break;
      case "history":
        for (const row of page.rows) this.#history(row);
        break;
      case "points":
        for (const row of page.rows) points.append(row);
        break;
    }
  }

  #entry(entry: ChainEntry): void {
    const { commits } = this.#database.background;
    if (entry.type === "takeover") return commits.addTakeoverEntry(entry);
    const planned = { ...entry, spaces: entry.spaces.map(bareMove) };
    if (saysMore(entry)) commits.addEntry(planned, spacesToText(planned.spaces));
    for (const { changes, ...move } of entry.spaces) {
      const spaceId = this.#ids.move(move);
      const { name, removed, firstVersion, lastVersion } = move;
      if (removed) {
        const lastLog = this.#lastLogs.get(spaceId);
        commits.endSpace({ id: spaceId, name, history: null, hasLog: lastLog !== undefined, lastLog: lastLog ?? 0 });
      } else if (lastVersion >= firstVersion) {
        this.#sequence += 1;
        this.#changes += lastVersion - firstVersion + 1;
        this.#logChars += changes?.length ?? 0;
        const counts = { sequence: this.#sequence, total: this.#changes, chars: this.#logChars };
        // The text of changes that went with their space is empty.
        commits.addLog({ ...counts, spaceId, firstVersion, lastVersion, changes: changes ?? "" }, planned);
        this.#lastLogs.set(spaceId, this.#sequence);
      }
    }
  }

  #history(row: StoredHistoryRow): void {
    this.#historyChars += row.text.length;
    this.#database.background.commits.addHistory({ ...row, chars: this.#historyChars });
  }
}

/** The log rows of an entry say all that there is to say when it did nothing but change spaces that were there. */
function saysMore({ spaces }: GroupEntry): boolean {
  const isPlain = spaces.every(({ creationId, removed, lineage, firstVersion, lastVersion }) => {
    return creationId === null && !removed && lineage === null && lastVersion >= firstVersion;
  });
  return !isPlain || spaces.length === 0;
}
