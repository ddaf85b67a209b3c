/** The tables of the simulated disk are read here, when a store is opened and while it is. */

import type { LineageRow, StoredAnswer, StoredRecord, StoredTombstone, TakeoverEntry } from "@neverstale/server/store";
import type {
  ContentTables,
  EntryRow,
  FileSize,
  LoggedEntryRow,
  OldestRows,
  QueryTables,
  SpaceTableRow,
} from "@neverstale/store-sqlite/sliced";
import type { LogTableRow, TableData } from "./table-data.ts";

export class SimReads implements ContentTables, QueryTables {
  readonly #data: TableData;

  constructor(data: TableData) {
    this.#data = data;
  }

  epochs(): readonly string[] {
    return [...this.#data.epochs];
  }

  spaces(): readonly SpaceTableRow[] {
    return [...this.#data.spaces.values()].sort((a, b) => a.id - b.id);
  }

  lineage(spaceId: number): readonly LineageRow[] {
    return [...(this.#data.lineage.get(spaceId) ?? [])];
  }

  records(spaceId: number): readonly StoredRecord[] {
    return [...(this.#data.records.get(spaceId)?.values() ?? [])];
  }

  tombstones(spaceId: number, floor: number): readonly StoredTombstone[] {
    return [...(this.#data.tombstones.get(spaceId)?.values() ?? [])].filter(({ version }) => version > floor);
  }

  newestLog(): ReturnType<ContentTables["newestLog"]> {
    return this.#data.log.at(-1) ?? null;
  }

  newestHistory(): ReturnType<ContentTables["newestHistory"]> {
    const { history, dropped } = this.#data;
    const gone = { position: dropped.get("position") ?? 0, chars: dropped.get("chars") ?? 0 };
    const newest = history.at(-1) ?? gone;
    return newest.position > gone.position ? newest : gone;
  }

  answers(): ReturnType<ContentTables["answers"]> {
    const owners = [...Map.groupBy(this.#data.answers, ({ owner }) => owner)];
    return owners.map(([owner, rows]) => {
      return { owner, count: rows.length, chars: rows.reduce((sum, { chars }) => sum + chars, 0) };
    });
  }

  greatestSpaceId(): number {
    const { spaces, ended, endedNames, log } = this.#data;
    const named = [...endedNames, ...log].map(({ spaceId }) => spaceId);
    return Math.max(0, ...spaces.keys(), ...ended.keys(), ...new Set(named));
  }

  newestEntry(): ReturnType<ContentTables["newestEntry"]> {
    const entry = this.#data.chain.at(-1);
    const row = this.#data.log.at(-1);
    if (row === undefined || (entry !== undefined && entry.sequence >= row.entry)) return entry ?? null;
    return { sequence: row.entry, term: row.term, ageAt: row.ageAt };
  }

  newestTakeover(): TakeoverEntry | null {
    return this.#data.chain.findLast((entry) => entry.type === "takeover") ?? null;
  }

  entries(afterEntry: number, limit: number): readonly EntryRow[] {
    return this.#data.chain.filter(({ sequence }) => sequence > afterEntry).slice(0, limit);
  }

  *loggedEntries(afterEntry: number): Iterable<LoggedEntryRow> {
    const { log, spaces, ended, endedNames } = this.#data;
    for (const { spaceId, entry, term, at, ageAt, firstVersion, lastVersion, changes } of log) {
      if (entry <= afterEntry) continue;
      const name = spaces.get(spaceId)?.name ?? endedNames.find((row) => row.spaceId === spaceId)?.name ?? "";
      const isGone = changes === "" || (ended.get(spaceId) ?? null) !== null;
      yield { entry, term, at, ageAt, name, firstVersion, lastVersion, changes: isGone ? null : changes };
    }
  }

  chainStart(): number {
    return this.#data.dropped.get("entry") ?? 0;
  }

  newestAnswerAt(): number | null {
    return this.#data.answers.at(-1)?.at ?? null;
  }

  answer(key: string): StoredAnswer | null {
    const found = this.#data.answers.find((row) => row.key === key);
    if (found === undefined) return null;
    const { rowId, chars, ...answer } = found;
    return answer;
  }

  expiredUpTo(owner: string): number | null {
    const { expired } = this.#data;
    const times = [expired.get(owner), expired.get(null)].filter((time) => time !== undefined);
    return times.length === 0 ? null : Math.max(...times);
  }

  /** It reads for the opening, and later, with a limit. */
  log(space: string, spaceId: number, afterVersion: number, limit?: number): ReturnType<QueryTables["log"]> {
    const isWanted = (row: LogTableRow) =>
      limit === undefined ? row.firstVersion > afterVersion : row.lastVersion > afterVersion;
    return this.#data.log
      .filter((row) => row.spaceId === spaceId && isWanted(row))
      .slice(0, limit)
      .map(({ firstVersion, lastVersion, at, changes }) => ({ space, firstVersion, lastVersion, at, changes }));
  }

  history(query: Parameters<QueryTables["history"]>[0]): ReturnType<QueryTables["history"]> {
    const { space, creationId, collection, after = 0, before, limit } = query;
    const gone = new Set([...this.#data.ended.values()].map((history) => history?.creationId));
    const rows = this.#data.history
      .filter((row) => row.creationId === null || !gone.has(row.creationId))
      .filter((row) => row.space === space && (creationId === undefined || row.creationId === creationId))
      .filter((row) => collection === undefined || row.collection === collection)
      .filter(({ position }) => position > after && position < (before ?? Number.POSITIVE_INFINITY))
      .map(({ chars, ...row }) => row);
    return before === undefined ? rows.slice(0, limit) : rows.slice(Math.max(0, rows.length - limit));
  }

  oldest(): OldestRows {
    const [log] = this.#data.log;
    const [history] = this.#data.history;
    return {
      log:
        log === undefined
          ? null
          : {
              total: log.total - (log.lastVersion - log.firstVersion + 1),
              chars: Math.max(0, log.chars - log.changes.length),
            },
      history:
        history === undefined
          ? null
          : { position: history.position - 1, chars: Math.max(0, history.chars - history.text.length) },
    };
  }

  file(): FileSize {
    return { pages: 0, freePages: 0, pageBytes: 4_096 };
  }
}
