/** The memory store keeps everything in this process, for tests, benches and states that end with their process. */

import { assert, SyncError } from "@neverstale/protocol";
import { Catalog, NO_COUNTERS } from "./catalog.ts";
import type {
  AnswerQuery,
  ChangesText,
  CommitGroup,
  Fold,
  HistoryQuery,
  LogQuery,
  LogRow,
  Store,
  StoreContents,
  StoredAnswer,
  StoredHistoryRow,
  StoreMetrics,
} from "./contract.ts";
import { type ExpiredKeys, MemoryAnswers } from "./memory-answers.ts";
import { dataOf, foldInto, type MemorySpace, newSpace, type SpaceData, spaceFromData } from "./memory-space.ts";
import { type Retention, retentionFrom } from "./retention.ts";

/** It forgets everything when its process ends. */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  return new MemoryStore(options);
}

export class MemoryStore implements Store {
  /** It holds the copies that `backup` made, by their paths. */
  readonly backups = new Map<string, MemoryData>();
  readonly #retention: Retention;
  readonly #keepsLog: boolean;
  readonly #epochs: string[];
  readonly #spaces = new Map<string, MemorySpace>();
  readonly #answers: MemoryAnswers;
  #log: MemoryLogRow[];
  #history: StoredHistoryRow[];
  #position: number;
  #catalog: Catalog | null = null;
  #logChanges: number;
  #historyChars: number;
  /** This is `ageAt` of the newest commit. */
  #ageAt = 0;
  #commits = 0;

  constructor({ data, retention, log = true }: MemoryStoreOptions) {
    this.#retention = retentionFrom(retention);
    this.#keepsLog = log;
    this.#epochs = [...(data?.epochs ?? [])];
    for (const space of data?.spaces ?? []) this.#spaces.set(space.name, spaceFromData(space));
    this.#log = [...(data?.log ?? [])];
    this.#history = [...(data?.history ?? [])];
    this.#position = data?.position ?? 0;
    this.#historyChars = this.#history.reduce((sum, row) => sum + row.text.length, 0);
    this.#answers = new MemoryAnswers(data?.answers ?? [], data?.expired ?? [], this.#retention);
    this.#logChanges = changesIn(this.#log);
  }

  /** It returns what is stored now. That is cheap: the rows are shared, only the lists are new. */
  dump(): MemoryData {
    return {
      epochs: [...this.#epochs],
      spaces: [...this.#spaces.values()].map(dataOf),
      log: [...this.#log],
      history: [...this.#history],
      position: this.#position,
      answers: this.#answers.all(),
      expired: this.#answers.expired(),
    };
  }

  open(): Promise<StoreContents> {
    return attempt(() => {
      if (this.#catalog !== null)
        throw new SyncError("store_locked", "the store is open already", { hint: "Close it first." });
      const spaces = [...this.#spaces.values()].map((space) => ({
        ...dataOf(space),
        log: this.#logAfterFold(space),
      }));
      this.#catalog = new Catalog(
        spaces.map(({ name, creationId, foldedVersion, log }, index) => [
          name,
          { id: index, creationId, head: log.at(-1)?.lastVersion ?? foldedVersion },
        ]),
        { ...NO_COUNTERS, nextSpaceId: spaces.length },
      );
      const newestAnswerAt = this.#answers.all().at(-1)?.at ?? null;
      return { epochs: [...this.#epochs], spaces, newestAnswerAt };
    });
  }

  #logAfterFold({ name, foldedVersion }: MemorySpace): LogRow[] {
    const rows = this.#log.filter((row) => row.space === name && row.lastVersion > foldedVersion);
    let next = foldedVersion + 1;
    for (const { firstVersion, lastVersion } of rows) {
      if (firstVersion !== next) throw new SyncError("store_damaged", `the log of "${name}" lacks version ${next}`);
      next = lastVersion + 1;
    }
    return rows.map(logRow);
  }

  #opened(): Catalog {
    assert(this.#catalog !== null, "the store is not open");
    return this.#catalog;
  }

  beginEpoch(epoch: string): Promise<void> {
    return attempt(() => {
      this.#opened();
      assert(!this.#epochs.includes(epoch), "an epoch is begun once");
      this.#epochs.push(epoch);
    });
  }

  commit(group: CommitGroup): void {
    const catalog = this.#opened();
    const plan = catalog.plan(group);
    for (const commit of group.spaces) {
      const { name, creationId, removed, archived, lineage, firstVersion, lastVersion, changes } = commit;
      if (removed || creationId !== null) this.#endSpace(name, !removed || archived);
      if (removed) continue;
      if (creationId !== null) this.#spaces.set(name, newSpace(name, creationId));
      if (lineage !== null) this.#spaces.get(name)?.lineage.push(lineage);
      if (lastVersion < firstVersion || !this.#keepsLog) continue;
      this.#log.push({ space: name, firstVersion, lastVersion, at: group.at, changes });
      this.#logChanges += lastVersion - firstVersion + 1;
    }
    for (const row of group.history) {
      this.#position += 1;
      this.#historyChars += row.text.length;
      this.#history.push({ ...row, position: this.#position });
    }
    for (const answer of group.answers) this.#answers.add(answer);
    catalog.carriedOut(plan);
    this.#ageAt = group.ageAt;
    this.#commits += 1;
  }

  #endSpace(name: string, archived: boolean): void {
    const ended = this.#spaces.get(name);
    if (ended === undefined) return;
    this.#spaces.delete(name);
    if (!archived) this.#dropHistoryOf(ended);
    this.#log = this.#log.filter((row) => row.space !== name);
    this.#logChanges = changesIn(this.#log);
  }

  #dropHistoryOf({ name, creationId }: MemorySpace): void {
    this.#history = this.#history.filter((row) => {
      const stays = row.space !== name || row.creationId !== creationId;
      if (!stays) this.#historyChars -= row.text.length;
      return stays;
    });
  }

  fold(fold: Fold): Promise<void> {
    return attempt(() => {
      const head = this.#opened().get(fold.space)?.head ?? 0;
      const space = this.#spaces.get(fold.space);
      if (space?.creationId === fold.creationId) foldInto(space, fold, head);
      this.#trim();
    });
  }

  /** Rows go from the oldest on, as long as they are due. */
  #trim(): void {
    const { logAgeMs, logChanges, historyRows, historyChars, historyAgeMs } = this.#retention;
    const old = (row: { readonly at: number }, ageMs: number) => this.#ageAt - row.at > ageMs;
    // The log is not bounded by characters: the text of a change is made when it is first read, which here may be never.
    const logged = prefixLength(this.#log, (row) => {
      const due = old(row, logAgeMs) || this.#logChanges > logChanges;
      if (!due || row.lastVersion > (this.#spaces.get(row.space)?.foldedVersion ?? 0)) return false;
      this.#logChanges -= countOf(row);
      return true;
    });
    this.#log.splice(0, logged);
    const evicted = this.#history.length;
    const goes = prefixLength(this.#history, (row, index) => {
      const due = old(row, historyAgeMs) || evicted - index > historyRows || this.#historyChars > historyChars;
      if (due) this.#historyChars -= row.text.length;
      return due;
    });
    this.#history.splice(0, goes);
    this.#answers.trim(this.#oldestAnswerAt);
  }

  findAnswer(query: AnswerQuery): Promise<StoredAnswer | "expired" | null> {
    return attempt(() => {
      this.#opened();
      return this.#answers.find(query, this.#oldestAnswerAt);
    });
  }

  get #oldestAnswerAt(): number {
    return this.#ageAt - this.#retention.answerAgeMs;
  }

  readLog({ space, afterVersion, limit }: LogQuery): Promise<LogRow[]> {
    return attempt(() => {
      this.#opened();
      return this.#log
        .filter((row) => row.space === space && row.lastVersion > afterVersion)
        .slice(0, limit)
        .map(logRow);
    });
  }

  readHistory(query: HistoryQuery): Promise<StoredHistoryRow[]> {
    const { space, creationId, collection, after = 0, before = Number.POSITIVE_INFINITY, limit } = query;
    return attempt(() => {
      this.#opened();
      const rows = this.#history.filter(
        (row) =>
          row.space === space &&
          (creationId === undefined || row.creationId === creationId) &&
          (collection === undefined || row.collection === collection) &&
          row.position > after &&
          row.position < before,
      );
      return query.before === undefined ? rows.slice(0, limit) : rows.slice(Math.max(0, rows.length - limit));
    });
  }

  backup(path: string): Promise<void> {
    return attempt(() => {
      this.#opened();
      if (this.backups.has(path))
        throw new SyncError("store_unavailable", `${path} exists already`, { hint: "Choose another name." });
      this.backups.set(path, this.dump());
    });
  }

  close(): Promise<void> {
    return attempt(() => {
      this.#catalog = null;
    });
  }

  metrics(): StoreMetrics {
    return {
      store_commits_total: this.#commits,
      store_log_changes: this.#logChanges,
      store_answers: this.#answers.count,
      store_answer_chars: this.#answers.chars,
      store_history_rows: this.#history.length,
      store_history_chars: this.#historyChars,
    };
  }
}

/**
 * This is all that a memory store holds, as a plain value. `memoryStore({ data })` goes on from it. Its rows are never altered.
 */
export interface MemoryData {
  readonly epochs: readonly string[];
  readonly spaces: readonly SpaceData[];
  /** It holds the changes of all spaces, in the order of the commits. */
  readonly log: readonly MemoryLogRow[];
  readonly history: readonly StoredHistoryRow[];
  /** This position was given out last. It is absent when none was. */
  readonly position?: number;
  readonly answers: readonly StoredAnswer[];
  /** It says for each owner when the newest key was made that went with its answer. Those under null count for everybody. */
  readonly expired?: ExpiredKeys;
}

export interface MemoryLogRow extends Omit<LogRow, "changes"> {
  readonly changes: ChangesText;
}

export interface MemoryStoreOptions {
  readonly data?: MemoryData;
  readonly retention?: Partial<Retention>;
  /**
   * With `true`, the default, changes are kept beside the records. Without them `manager.log` has nothing to tell, and another
   * store goes on from the state of the last fold. That is enough for a state that ends with its process.
   */
  readonly log?: boolean;
}

/** An error that `work` throws becomes a rejection, as from a store that has to wait. */
async function attempt<Result>(work: () => Result): Promise<Result> {
  return work();
}

function prefixLength<Row>(rows: readonly Row[], due: (row: Row, index: number) => boolean): number {
  const kept = rows.findIndex((row, index) => !due(row, index));
  return kept < 0 ? rows.length : kept;
}

function countOf(row: MemoryLogRow): number {
  return row.lastVersion - row.firstVersion + 1;
}

function logRow({ changes, ...row }: MemoryLogRow): LogRow {
  return { ...row, changes: changes.text };
}

function changesIn(log: readonly MemoryLogRow[]): number {
  return log.reduce((sum, row) => sum + countOf(row), 0);
}
