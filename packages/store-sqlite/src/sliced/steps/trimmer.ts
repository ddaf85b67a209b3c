/** The trimmer finds what has outlived its retention, oldest first, and deletes it a step at a time. */

import type { Millis } from "@neverstale/base";
import type { AnswerSize, AnswersDue, ChainEnd, Counters, Retention } from "@neverstale/server/store";
import type { StoreSettings } from "../settings.ts";
import type { OldAnswerRow, TableCounts, TrimTables } from "../tables.ts";

/** Tables are counted anew when trimming has changed them, and else so rarely, since counting reads each of their pages. */
const COUNT_EVERY_MS = 1_000;

export class Trimmer {
  readonly #tables: TrimTables;
  readonly #now: () => Millis;
  readonly #settings: StoreSettings;
  /** The notes up to this one are those of folds that have not ended. */
  #undoNeeded = 0;
  #dropped = new DroppedAnswers();
  /** It says what there was, and when that was counted. */
  #counted: { readonly tables: TableCounts; readonly at: Millis } | null = null;

  constructor(tables: TrimTables, now: () => Millis, settings: StoreSettings) {
    this.#tables = tables;
    this.#now = now;
    this.#settings = settings;
  }

  /** In one transaction, it deletes what is due, for about a slice's time and at least `limits.least` rows. */
  step(limits: TrimLimits, transaction: (work: () => Trimmed) => Trimmed): Trimmed {
    this.#dropped = new DroppedAnswers();
    const first = this.#next(limits);
    return first === null ? this.#ended() : transaction(() => this.#run(first, limits));
  }

  #run(first: Deletion, limits: TrimLimits): Trimmed {
    const until = this.#now() + this.#settings.sliceMs;
    let rows = first();
    while (rows < limits.least || this.#now() < until) {
      const deletion = this.#next(limits);
      if (deletion === null) break;
      rows += deletion();
    }
    return { rows, answers: this.#dropped.all, left: null };
  }

  /** The next pass looks at everything again. */
  #ended(): Trimmed {
    this.#undoNeeded = 0;
    const now = this.#now();
    if (this.#counted === null || now - this.#counted.at >= COUNT_EVERY_MS)
      this.#counted = { tables: this.#tables.counts(), at: now };
    return { rows: 0, answers: [], left: this.#counted.tables };
  }

  /** A deletion from a table that is counted makes the count old. */
  #counting(deletion: Deletion | null): Deletion | null {
    if (deletion !== null) this.#counted = null;
    return deletion;
  }

  /** It returns null when nothing is due. */
  #next(limits: TrimLimits): Deletion | null {
    return (
      this.#ofLog(limits) ??
      this.#ofChain(limits) ??
      this.#ofEpochs(limits) ??
      this.#ofAnswers(limits) ??
      this.#ofHistory(limits) ??
      this.#counting(this.#ofUndo() ?? this.#ofTombstones(limits.spaceId) ?? this.#ofEnded() ?? this.#ofEndedNames())
    );
  }

  /** Rows go from the oldest on, up to the first that is not folded yet. Those of the newest entry of the chain stay. */
  #ofLog({ now, counters, chain, retention }: TrimLimits): Deletion | null {
    const { logAgeMs, logChanges, logChars } = retention;
    const folded = this.#foldedVersions();
    const newest = chain.head?.sequence ?? Number.POSITIVE_INFINITY;
    const last = this.#lastDue(this.#tables.oldestLog(this.#settings.trimRows), (row) => {
      const before = row.total - (row.lastVersion - row.firstVersion + 1);
      const most = counters.total - before > logChanges || counters.logChars - row.chars + row.bytes > logChars;
      const isDue = (most || now - row.ageAt > logAgeMs) && row.entry < newest;
      return isDue && row.lastVersion <= folded(row.spaceId);
    });
    if (last === null) return null;
    return () => {
      this.#tables.raiseChainStart(last.entry); // An entry of which a row goes is not whole any more.
      return this.#tables.dropLog(last.sequence);
    };
  }

  /** Entries go with what is in the log of them, and when there are too many. The newest one and the newest takeover stay. */
  #ofChain({ chain, retention }: TrimLimits): Deletion | null {
    if (chain.head === null) return null;
    const start = this.#tables.chainStart();
    const beyondBound = Math.min(chain.head.sequence - 1, chain.head.sequence - retention.chainEntries);
    if (beyondBound > start) {
      return () => {
        this.#tables.raiseChainStart(beyondBound);
        return 1;
      };
    }
    if (!this.#tables.hasEntries(start, chain.takeover)) return null;
    return () => this.#tables.dropEntries(start, chain.takeover, this.#settings.trimRows);
  }

  /** A position in one of those is answered with the full state (rule E2). */
  #ofEpochs({ retention }: TrimLimits): Deletion | null {
    const due = this.#tables.epochsBeyond(retention.epochs);
    return due <= 0 ? null : () => this.#tables.dropEpochs(Math.min(due, this.#settings.trimRows));
  }

  #ofHistory({ now, counters, retention }: TrimLimits): Deletion | null {
    const { historyAgeMs, historyRows, historyChars } = retention;
    const last = this.#lastDue(this.#tables.oldestHistory(this.#settings.trimRows), (row) => {
      const most = counters.position - row.position >= historyRows;
      return most || counters.historyChars - row.chars + row.bytes > historyChars || now - row.at > historyAgeMs;
    });
    return last === null ? null : () => this.#tables.dropHistory(last.position);
  }

  /** It returns the last of the rows that are due one after the other, up to what a step may delete. */
  #lastDue<Row extends { readonly bytes: number }>(rows: Iterable<Row>, isDue: (row: Row) => boolean): Row | null {
    let last: Row | null = null;
    let bytes = 0;
    for (const row of rows) {
      if (!isDue(row) || (last !== null && bytes + row.bytes > this.#settings.trimBytes)) break;
      last = row;
      bytes += row.bytes;
    }
    return last;
  }

  /** Everything of a space that has ended counts as folded. Each space is looked up once. */
  #foldedVersions(): (spaceId: number) => number {
    const known = new Map<number, number>();
    return (spaceId) => {
      let version = known.get(spaceId);
      if (version === undefined) {
        version = this.#tables.space(spaceId)?.foldedVersion ?? Number.POSITIVE_INFINITY;
        known.set(spaceId, version);
      }
      return version;
    };
  }

  /**
   * Answers go that are too old, of which one owner has too many, or of which all together have too many. Those that went in
   * this step already are subtracted.
   */
  #ofAnswers({ now, answers, retention }: TrimLimits): Deletion | null {
    const drop = (rows: readonly OldAnswerRow[]) => this.#dropAnswers(rows, retention.expiredOwners);
    const oldestAt = now - retention.answerAgeMs;
    const old = this.#answersDue(null, (row) => row.at < oldestAt);
    if (old.length > 0) return () => drop(old);
    for (const { owner, count } of answers.owners) {
      const most = count - this.#dropped.of(owner);
      const ofOwner = most <= 0 ? [] : this.#answersDue(owner, (_, index) => index < most);
      if (ofOwner.length > 0) return () => drop(ofOwner);
    }
    const most = answers.count - this.#dropped.all.length;
    let chars = answers.chars - this.#dropped.chars;
    if (most <= 0 && chars <= 0) return null;
    const ofAll = this.#answersDue(null, (row, index) => {
      const due = index < most || chars > 0;
      chars -= row.chars;
      return due;
    });
    return ofAll.length === 0 ? null : () => drop(ofAll);
  }

  #answersDue(owner: string | null, isDue: (row: OldAnswerRow, index: number) => boolean): OldAnswerRow[] {
    const due: OldAnswerRow[] = [];
    for (const row of this.#tables.oldestAnswers(owner, this.#settings.trimRows)) {
      if (!isDue(row, due.length)) break;
      due.push(row);
    }
    return due;
  }

  /** Whoever repeats a request that is so old is told so, and nothing is done again (rule D1). */
  #dropAnswers(rows: readonly OldAnswerRow[], mostOwners: number): number {
    for (const { id, owner, chars, madeAt } of rows) {
      this.#tables.dropAnswer(id);
      if (madeAt !== null) this.#tables.raiseExpired(owner, madeAt);
      this.#dropped.add({ owner, chars });
    }
    for (let tooMany = this.#tables.expiredOwners() - mostOwners; tooMany > 0; tooMany -= 1) {
      const oldest = this.#tables.oldestExpired();
      if (oldest === null) break;
      this.#tables.raiseExpired(null, oldest.madeAt);
      this.#tables.dropExpired(oldest.owner);
    }
    return rows.length;
  }

  /** Notes go that only a fold which has not ended would need. */
  #ofUndo(): Deletion | null {
    const folded = this.#foldedVersions();
    const rows = [...this.#tables.oldestUndo(this.#undoNeeded, this.#settings.trimRows)];
    const first = rows.findIndex((row) => row.target <= folded(row.spaceId));
    const needed = rows[(first < 0 ? rows.length : first) - 1];
    if (needed !== undefined) this.#undoNeeded = needed.id;
    if (first < 0) return needed === undefined ? null : () => 0;
    const from = rows[first]?.id ?? 0;
    const last = this.#lastDue(rows.slice(first), (row) => row.target <= folded(row.spaceId));
    return () => this.#tables.dropUndo(from, last?.id ?? from);
  }

  #ofTombstones(spaceId: number | null): Deletion | null {
    if (spaceId === null) return null;
    const floor = this.#tables.space(spaceId)?.tombstoneFloor ?? 0;
    if (!this.#tables.hasTombstones(spaceId, floor)) return null;
    return () => this.#tables.dropTombstones(spaceId, floor, this.#settings.trimRows);
  }

  /** The rows of an ended space go table by table, and at last the note that it ended. Its log goes with the chain. */
  #ofEnded(): Deletion | null {
    const ended = this.#tables.endedSpace();
    if (ended === null) return null;
    const { trimRows } = this.#settings;
    return () => {
      for (const table of ["records", "tombstones", "lineage"] as const) {
        const rows = this.#tables.dropOfEnded(table, ended.id, trimRows);
        if (rows > 0) return rows;
      }
      const { history } = ended;
      const rows = history === null ? 0 : this.#tables.dropChangesOf(ended.id, trimRows);
      if (rows > 0) return rows;
      const evicted = history === null ? 0 : this.#tables.dropHistoryOf(history, trimRows);
      if (evicted > 0) return evicted;
      this.#tables.forgetEnded(ended.id);
      return 1;
    };
  }

  /** The name of an ended space goes once the log has no row of it any more. */
  #ofEndedNames(): Deletion | null {
    const [oldestLog] = this.#tables.oldestLog(1);
    let last: number | null = null;
    for (const { place, lastLog } of this.#tables.oldestEndedNames(this.#settings.trimRows)) {
      if (oldestLog !== undefined && lastLog >= oldestLog.sequence) break;
      last = place;
    }
    return last === null ? null : () => this.#tables.dropEndedNames(last);
  }
}

export interface TrimLimits {
  readonly retention: Retention;
  /** This is `ageAt` of the newest commit. */
  readonly now: number;
  /** So much was counted so far. */
  readonly counters: Counters;
  /** The chain ends there. */
  readonly chain: ChainEnd;
  readonly answers: AnswersDue;
  /** This space was folded last. Its tombstones are looked at. */
  readonly spaceId: number | null;
  /**
   * So many rows go in this step when so many are due, however long it takes, since trimming must be faster than commits.
   */
  readonly least: number;
}

export interface Trimmed {
  readonly rows: number;
  /** These answers are among them. */
  readonly answers: readonly AnswerSize[];
  /** It says what there is when nothing is due any more. Null means that there is more to do. */
  readonly left: TableCounts | null;
}

/** A deletion runs inside a transaction, and returns how many rows went. */
type Deletion = () => number;

/** These answers went in one step. */
class DroppedAnswers {
  readonly all: AnswerSize[] = [];
  readonly #owners = new Map<string, number>();
  chars = 0;

  add(answer: AnswerSize): void {
    this.all.push(answer);
    this.#owners.set(answer.owner, this.of(answer.owner) + 1);
    this.chars += answer.chars;
  }

  of(owner: string): number {
    return this.#owners.get(owner) ?? 0;
  }
}
