/** The memory database holds the rows of one store in memory, or of several that share them. */

import { assert, SyncError } from "@neverstale/protocol";
import { Catalog, type HistoryOf, NO_COUNTERS, nextSequence, type PlanDraft, type PlannedMove } from "./catalog.ts";
import { chainPage } from "./chain-page.ts";
import {
  type AnswerQuery,
  type ChainEntry,
  type ChainHead,
  type ChainQuery,
  type Confirmation,
  type Fold,
  type HistoryQuery,
  type LogQuery,
  type LogRow,
  RowsLost,
  type StoreContents,
  type StoredAnswer,
  type StoredHistoryRow,
  StoreFailure,
  type StoreMetrics,
  type Takeover,
  type TakeoverEntry,
} from "./contract.ts";
import { type ExpiredKeys, MemoryAnswers } from "./memory-answers.ts";
import { chainEntries, countOf, logRow, type MemoryEntry, movesOf, withoutChanges } from "./memory-entries.ts";
import { MemoryNodes } from "./memory-nodes.ts";
import { dataOf, foldInto, type MemorySpace, newSpace, type SpaceData, spaceFromData } from "./memory-space.ts";
import { MemoryPoints } from "./points/memory-points.ts";
import type { PointRow } from "./points/point-store.ts";
import { type Retention, retentionFrom } from "./retention.ts";

/** Several stores may be opened on it, each as the store of another process: `memoryStore({ database })`. */
export function memoryDatabase(options: MemoryDatabaseOptions = {}): MemoryDatabase {
  return new MemoryDatabase(options);
}

/** Each of its writes is carried out at once, or not at all. */
export class MemoryDatabase {
  /** They are no part of what is stored: a copy of the data holds none of them. */
  readonly nodes = new MemoryNodes();
  points = new MemoryPoints();
  readonly #retention: Retention;
  readonly #keepsLog: boolean;
  #epochs: string[] = [];
  #spaces = new Map<string, MemorySpace>();
  #nextSpaceId = 1;
  #head: ChainHead | null = null;
  #takeover: TakeoverEntry | null = null;
  /** These are the entries up to the newest one, from the oldest that is kept. */
  #chain: MemoryEntry[] = [];
  #ageAt: number | null = null;
  /** Each one counts as another server. */
  #restores = 0;
  #beat = 0;
  #answers: MemoryAnswers;
  #history: StoredHistoryRow[] = [];
  #position = 0;
  #logChanges = 0;
  #historyChars = 0;

  constructor({ data, retention, log = true }: MemoryDatabaseOptions) {
    this.#retention = retentionFrom(retention);
    this.#keepsLog = log;
    this.#answers = new MemoryAnswers([], [], this.#retention);
    if (data !== undefined) this.restore(data);
  }

  /** It returns what is stored now. That is cheap: the rows are shared, only the lists are new. */
  dump(): MemoryData {
    return {
      epochs: [...this.#epochs],
      spaces: [...this.#spaces.values()].map(dataOf),
      head: this.#head,
      takeover: this.#takeover,
      chain: [...this.#chain],
      ageAt: this.#ageAt,
      beat: this.#beat,
      history: [...this.#history],
      position: this.#position,
      answers: this.#answers.all(),
      expired: this.#answers.expired(),
      points: this.points.all(),
    };
  }

  /** Puts other content in the place of what is there. The stores that are open on it are not asked. */
  restore(data: MemoryData): void {
    this.#restores += 1;
    this.#epochs = [...data.epochs];
    this.#spaces = new Map(data.spaces.map((space) => [space.name, spaceFromData(space)]));
    this.#head = data.head;
    this.#takeover = data.takeover;
    this.#chain = [...data.chain];
    this.#ageAt = data.ageAt;
    this.#beat = data.beat;
    this.#history = [...data.history];
    this.#position = data.position ?? 0;
    this.#answers = new MemoryAnswers(data.answers, data.expired ?? [], this.#retention);
    this.points = new MemoryPoints(data.points);
    const moves = data.chain.flatMap(movesOf);
    const greatestId = data.spaces.reduce((greatest, { id }) => Math.max(greatest, id), 0);
    this.#nextSpaceId = moves.reduce((greatest, { spaceId }) => Math.max(greatest, spaceId), greatestId) + 1;
    this.#logChanges = moves.reduce((sum, planned) => sum + countOf(planned), 0);
    this.#historyChars = data.history.reduce((sum, row) => sum + row.text.length, 0);
  }

  read(): StoreContents {
    const logs = this.#logsAfterFolds();
    const spaces = [...this.#spaces.values()].map((space) => {
      const { id, ...contents } = dataOf(space);
      return { ...contents, log: logs.get(id) ?? [] };
    });
    return { epochs: [...this.#epochs], spaces, head: this.#head, takeover: this.#takeover, ageAt: this.#ageAt };
  }

  /** By the number of the space, it returns the groups behind the fold. */
  #logsAfterFolds(): Map<number, LogRow[]> {
    const live = new Map([...this.#spaces.values()].map((space) => [space.id, space]));
    const logs = new Map<number, LogRow[]>();
    for (const { planned, at } of this.#logged()) {
      const space = live.get(planned.spaceId);
      if (space === undefined || planned.move.lastVersion <= space.foldedVersion) continue;
      const log = logs.get(space.id) ?? [];
      const next = (log.at(-1)?.lastVersion ?? space.foldedVersion) + 1;
      if (planned.move.firstVersion !== next)
        throw new SyncError("store_damaged", `the log of "${space.name}" lacks version ${next}`);
      log.push(logRow(planned, at));
      logs.set(space.id, log);
    }
    return logs;
  }

  *#logged(): Iterable<{ readonly planned: PlannedMove; readonly at: number }> {
    for (const entry of this.#chain) {
      for (const planned of movesOf(entry)) if (countOf(planned) > 0) yield { planned, at: entry.at };
    }
  }

  /** It returns the catalog of what is stored now, for a store that is about to write. */
  catalog(): Catalog {
    const heads = new Map<number, number>();
    for (const { planned } of this.#logged()) heads.set(planned.spaceId, planned.move.lastVersion);
    const entries = [...this.#spaces.values()].map(({ id, name, creationId, foldedVersion }) => {
      return [name, { id, creationId, head: Math.max(heads.get(id) ?? 0, foldedVersion) }] as const;
    });
    const counters = { ...NO_COUNTERS, nextSpaceId: this.#nextSpaceId };
    return new Catalog(entries, counters, { head: this.#head, takeover: this.#takeover?.sequence ?? 0 });
  }

  /** It returns the place of the takeover's entry, which may be there already: its answer was lost then. */
  takeOver({ epoch, address, model, at, ageAt, after }: Takeover): ChainHead {
    const place = { sequence: nextSequence(after), term: epoch };
    if (this.#takeover?.term === epoch && this.isAt(place)) return place;
    if (!this.isAt(after)) throw fenced();
    assert(!this.#epochs.includes(epoch), "an epoch is drawn once");
    const termBefore = after?.term ?? null;
    this.#takeover = { type: "takeover", ...place, termBefore, at, ageAt, address, model };
    this.#epochs.push(epoch);
    this.#append(this.#takeover);
    return place;
  }

  /** The predecessor of the group's entry has to be the newest one, and of the same term. */
  commit(draft: PlanDraft): void {
    const { head, at, ageAt } = draft;
    if (!this.isAt({ ...head, sequence: head.sequence - 1 })) throw fenced();
    for (const { id, name, history } of draft.ended) {
      this.#spaces.delete(name);
      if (history !== null) this.#letGo(id, history);
    }
    for (const { id, name, creationId } of draft.made) this.#spaces.set(name, newSpace(id, name, creationId));
    for (const { move } of draft.moves) {
      const { name, lineage, firstVersion, lastVersion } = move;
      if (lineage !== null) this.#spaces.get(name)?.lineage.push(lineage);
      if (this.#keepsLog) this.#logChanges += lastVersion - firstVersion + 1;
    }
    for (const row of draft.history) this.#addHistory({ ...row, position: this.#position + 1 });
    for (const answer of draft.answers) this.#answers.add(answer);
    this.#nextSpaceId = draft.counters.nextSpaceId;
    this.#append({ type: "group", ...head, termBefore: head.term, at, ageAt, moves: draft.moves });
  }

  /** The history of an ended space goes, and what was logged of it. */
  #letGo(id: number, { space, creationId }: HistoryOf): void {
    this.#history = this.#history.filter((row) => {
      const stays = row.space !== space || row.creationId !== creationId;
      if (!stays) this.#historyChars -= row.text.length;
      return stays;
    });
    this.#chain = this.#chain.map((entry) => withoutChanges(entry, id));
  }

  dropHistory(positions: readonly number[]): number {
    const goes = new Set(positions);
    const before = this.#history.length;
    this.#history = this.#history.filter((row) => {
      if (goes.has(row.position)) this.#historyChars -= row.text.length;
      return !goes.has(row.position);
    });
    return before - this.#history.length;
  }

  #append(entry: MemoryEntry): void {
    const { sequence, term, ageAt } = entry;
    this.#head = { sequence, term };
    this.#ageAt = ageAt;
    if (this.#keepsLog) this.#chain.push(entry);
  }

  #addHistory(row: StoredHistoryRow): void {
    this.#position = row.position;
    this.#historyChars += row.text.length;
    this.#history.push(row);
  }

  /** It returns true when that is the newest entry. */
  isAt(place: ChainHead | null): boolean {
    return place?.sequence === this.#head?.sequence && place?.term === this.#head?.term;
  }

  /** `by` is the newest entry that the writer knows of, and `head` the newest version of the space in its catalog. */
  fold(fold: Fold, by: ChainHead, head: number): void {
    this.requireTerm(by);
    const space = this.#spaces.get(fold.space);
    if (space?.creationId === fold.creationId) {
      if (space.foldedVersion < fold.after) throw new RowsLost();
      foldInto(space, fold, head);
    }
    this.#trim();
  }

  /** It throws `fenced` unless the entry stands in the chain, and its term is the newest one. */
  requireTerm(by: ChainHead): void {
    const stands = this.#takeover?.term === by.term && by.sequence <= (this.#head?.sequence ?? 0);
    if (!stands) throw fenced();
  }

  /** Rows go from the oldest on, as long as they are due. */
  #trim(): void {
    const { historyRows, historyChars, historyAgeMs } = this.#retention;
    this.#trimChain();
    this.#trimEpochs();
    const evicted = this.#history.length;
    const goes = prefixLength(this.#history, (row, index) => {
      const isOld = (this.#ageAt ?? 0) - row.at > historyAgeMs;
      const due = isOld || evicted - index > historyRows || this.#historyChars > historyChars;
      if (due) this.#historyChars -= row.text.length;
      return due;
    });
    this.#history.splice(0, goes);
    this.#answers.trim(this.#oldestAnswerAt);
  }

  /**
   * Entries without changes go with those behind them, or when there are too many entries. The chain is not bounded by
   * characters: the text of a change is made when it is first read, which here may be never.
   */
  #trimChain(): void {
    const { logAgeMs, logChanges, chainEntries } = this.#retention;
    let goes = 0;
    let left = this.#logChanges;
    for (let index = 0; index < this.#chain.length - 1; index += 1) {
      const entry = this.#chain[index] as MemoryEntry;
      const changes = movesOf(entry).reduce((sum, planned) => sum + countOf(planned), 0);
      const isTooMany = this.#chain.length - index > chainEntries;
      if (changes === 0 && !isTooMany) continue;
      const isDue = isTooMany || left > logChanges || (this.#ageAt ?? 0) - entry.ageAt > logAgeMs;
      if (!isDue || !movesOf(entry).every((planned) => this.#isFolded(planned))) break;
      left -= changes;
      goes = index + 1;
    }
    this.#chain.splice(0, goes);
    this.#logChanges = left;
  }

  /** The oldest epochs go, with their lineage, where no entry names them. Entries name epochs in the order in which those began. */
  #trimEpochs(): void {
    const { term, termBefore } = this.#chain[0] ?? this.#takeover ?? { term: "", termBefore: null };
    const named = this.#epochs.indexOf(termBefore ?? term);
    const goes = Math.min(this.#epochs.length - this.#retention.epochs, named);
    if (goes <= 0) return;
    const gone = new Set(this.#epochs.splice(0, goes));
    for (const { lineage } of this.#spaces.values())
      lineage.splice(0, lineage.findLastIndex(({ epoch }) => gone.has(epoch)) + 1);
  }

  #isFolded(planned: PlannedMove): boolean {
    const space = this.#spaces.get(planned.move.name);
    return space?.id !== planned.spaceId || countOf(planned) === 0 || planned.move.lastVersion <= space.foldedVersion;
  }

  findAnswer(query: AnswerQuery): StoredAnswer | "expired" | null {
    return this.#answers.find(query, this.#oldestAnswerAt);
  }

  get #oldestAnswerAt(): number {
    return (this.#ageAt ?? 0) - this.#retention.answerAgeMs;
  }

  readLog({ space, afterVersion, limit }: LogQuery): LogRow[] {
    const id = this.#spaces.get(space)?.id;
    const rows: LogRow[] = [];
    for (const { planned, at } of this.#logged()) {
      if (planned.spaceId !== id || planned.move.lastVersion <= afterVersion) continue;
      if (rows.length === limit) break;
      rows.push(logRow(planned, at));
    }
    return rows;
  }

  readHistory(query: HistoryQuery): StoredHistoryRow[] {
    const { space, creationId, collection, after = 0, before = Number.POSITIVE_INFINITY, limit } = query;
    const rows = this.#history.filter(
      (row) =>
        row.space === space &&
        (creationId === undefined || row.creationId === creationId) &&
        (collection === undefined || row.collection === collection) &&
        row.position > after &&
        row.position < before,
    );
    return query.before === undefined ? rows.slice(0, limit) : rows.slice(Math.max(0, rows.length - limit));
  }

  readChain({ afterSequence, limit }: ChainQuery): readonly ChainEntry[] | "trimmed" {
    if (afterSequence < this.#trimmed) return "trimmed";
    return chainPage(chainEntries(this.#chain, afterSequence - this.#trimmed), limit);
  }

  /** The entries up to this one are gone. */
  get #trimmed(): number {
    return (this.#head?.sequence ?? 0) - this.#chain.length;
  }

  confirm(): Confirmation {
    return { head: this.#head, beat: this.#beat, sure: true, server: String(this.#restores) };
  }

  beat(): void {
    this.#beat += 1;
  }

  metrics(): StoreMetrics {
    return {
      store_log_changes: this.#logChanges,
      store_chain_entries: this.#chain.length,
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
  readonly head: ChainHead | null;
  readonly takeover: TakeoverEntry | null;
  /** It holds the newest entries, and in them the log of all spaces. */
  readonly chain: readonly MemoryEntry[];
  readonly ageAt: number | null;
  readonly beat: number;
  readonly history: readonly StoredHistoryRow[];
  /** This position was given out last. It is absent when none was. */
  readonly position?: number;
  readonly answers: readonly StoredAnswer[];
  /** It says for each owner when the newest key was made that went with its answer. Those under null count for everybody. */
  readonly expired?: ExpiredKeys;
  /** They are in the order of their places. They are absent where there are none. */
  readonly points?: readonly PointRow[];
}

export interface MemoryDatabaseOptions {
  readonly data?: MemoryData;
  readonly retention?: Partial<Retention>;
  /**
   * With `true`, the default, changes are kept beside the records. Without them `manager.log` has nothing to tell, nobody can
   * follow, and another store goes on from the state of the last fold. That is enough for a state that ends with its process.
   */
  readonly log?: boolean;
}

export function fenced(): StoreFailure {
  return new StoreFailure("fenced", "another process has taken over: this term is over");
}

function prefixLength<Row>(rows: readonly Row[], due: (row: Row, index: number) => boolean): number {
  const kept = rows.findIndex((row, index) => !due(row, index));
  return kept < 0 ? rows.length : kept;
}
