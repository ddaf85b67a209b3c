/** The PostgreSQL store is one node's view of a database that several nodes share. */

import { assert, SyncError } from "@neverstale/protocol";
import {
  type AliveNode,
  type AnswerQuery,
  Catalog,
  type ChainEntry,
  type ChainHead,
  type ChainQuery,
  type CommitGroup,
  type Confirmation,
  chainPage,
  type Fold,
  findAnswer,
  type HistoryQuery,
  type LogQuery,
  type LogRow,
  NO_COUNTERS,
  type NodeRow,
  type PlanDraft,
  type PointListQuery,
  type PointQuery,
  type PointRow,
  type PointsGone,
  type PointTimesQuery,
  type Retention,
  RowsLost,
  type SharedStore,
  type StoreContents,
  type StoredAnswer,
  type StoredHistoryRow,
  StoreFailure,
  type StoreMetrics,
  type Takeover,
} from "@neverstale/server/store";
import {
  type ConnectionLane,
  DatabaseFailure,
  isDuplicate,
  type SharedDatabase,
  type SqlStatement,
} from "./database.ts";
import { KeptCounts } from "./kept-counts.ts";
import type { Names } from "./names.ts";
import { PostgresPoints } from "./postgres-points.ts";
import { readContents } from "./reading.ts";
import type { PostgresSettings } from "./settings.ts";
import {
  beatStatement,
  chainPageStatement,
  confirmStatement,
  entriesOf,
  logRowOf,
  logStatement,
} from "./statements/chain.ts";
import { commitStatement, type Stored } from "./statements/commit.ts";
import { foldPieces, foldRows, foldStart } from "./statements/fold.ts";
import { enterStatement, nodesStatement, removeNodeStatement } from "./statements/nodes.ts";
import { answerOf, answerStatement, historyRowOf, historyStatement } from "./statements/queries.ts";
import { ownerNumbers, spaceNumbers, takeoverStatement, writerNumbers } from "./statements/takeover.ts";
import { checkTexts } from "./texts.ts";
import { Trimming } from "./trimming.ts";

export class PostgresStore implements SharedStore {
  readonly #database: SharedDatabase;
  readonly #names: Names;
  readonly #settings: PostgresSettings;
  readonly #retention: Retention;
  readonly #trimming: Trimming;
  readonly #points: PostgresPoints;
  /** It is null while the store is not open. */
  #catalog: Catalog | null = null;
  /** Only a writer counts. */
  #counts: KeptCounts | null = null;
  /** `confirm` moves the counter of this row. It is null while this process is not listed. */
  #row: NodeRow | null = null;
  #isCommitting = false;
  #commits = 0;
  #folds = 0;

  constructor({ database, names, settings, retention }: StoreParts) {
    this.#database = database;
    this.#names = names;
    this.#settings = settings;
    this.#retention = retention;
    this.#trimming = new Trimming(database, names, retention, settings.trimRows);
    this.#points = new PostgresPoints(database, names, settings.trimRows);
  }

  async read(): Promise<StoreContents> {
    this.#catalog = null;
    this.#counts = null;
    await this.#database.prepare();
    const contents = await this.#database.transaction("look", ONE_MOMENT, (session) =>
      readContents(session, this.#names, this.#settings.readRows),
    );
    this.#catalog = new Catalog([], NO_COUNTERS, { head: null, takeover: 0 });
    return contents;
  }

  #opened(): Catalog {
    assert(this.#catalog !== null, "the store is not open");
    return this.#catalog;
  }

  async takeOver(takeover: Takeover): Promise<ChainHead> {
    this.#opened().endTerm();
    this.#counts = null;
    const place = { sequence: (takeover.after?.sequence ?? 0) + 1, term: takeover.epoch };
    const isStored = await this.#inTerm(() => this.#storesTakeover(takeover));
    // It may stand there already: its answer was lost then.
    if (!isStored && !(await this.#isNewest(place))) throw fenced();
    try {
      await this.#beginTerm(place, takeover.ageAt);
    } catch (error) {
      throw new StoreFailure("unknown", "the takeover is stored, and what it goes on from could not be read", error);
    }
    return place;
  }

  async #storesTakeover(takeover: Takeover): Promise<boolean> {
    try {
      const { rows, warnings } = await this.#run("write", takeoverStatement(this.#names, takeover));
      return this.#isStored(rows[0], warnings);
    } catch (error) {
      if (isDuplicate(error)) return false;
      throw error;
    }
  }

  /** An entry that stands there may still be lost with its server. A confirmation without a warning comes behind it, so it is safe then. */
  async #isNewest({ sequence, term }: ChainHead): Promise<boolean> {
    try {
      const { head, sure } = await this.confirm();
      const isThere = head?.sequence === sequence && head.term === term;
      if (isThere && !sure) throw new SyncError("store_unavailable", "the server answered with a warning");
      return isThere;
    } catch (error) {
      throw new StoreFailure("unknown", "nobody knows whether the takeover is stored", error);
    }
  }

  /** It reads on the lane on which the takeover was stored, so that nothing of an older session comes between. */
  async #beginTerm(head: ChainHead, ageAt: number): Promise<void> {
    const [numbers] = (await this.#run("write", writerNumbers(this.#names))).rows;
    const spaces = (await this.#run("write", spaceNumbers(this.#names))).rows;
    const owners = (await this.#run("write", ownerNumbers(this.#names))).rows;
    if (numbers === undefined) throw new SyncError("store_damaged", "the chain has no entry");
    const entries = spaces.map(({ name, space_id: id, creation_id: creationId, head: version }) => {
      return [name, { id, creationId, head: version }] as const;
    });
    const counters = { ...NO_COUNTERS, nextSpaceId: numbers.next_space_id };
    this.#counts = new KeptCounts(numbers, owners, this.#retention, { sequence: head.sequence, ageAt });
    this.#catalog = new Catalog(entries, counters, { head, takeover: head.sequence });
    this.#catalog.tookOver(head);
  }

  async commit(group: CommitGroup): Promise<void> {
    const catalog = this.#opened();
    const draft = catalog.plan(group);
    checkTexts(draft, this.#settings.groupBytes);
    assert(!this.#isCommitting, "two commits at once");
    this.#isCommitting = true;
    try {
      await this.#inTerm(() => this.#write(catalog, draft));
    } finally {
      this.#isCommitting = false;
    }
  }

  async #write(catalog: Catalog, draft: PlanDraft): Promise<void> {
    const { rows, warnings } = await this.#run("write", commitStatement(this.#names, draft));
    if (!this.#isStored(rows[0], warnings)) throw fenced();
    catalog.carriedOut(draft);
    this.#commits += 1;
    if (rows[0] !== undefined) this.#counts?.committed(draft, rows[0]);
  }

  /** It throws where the answer says that the session was not safe, or that the entry may not outlive the machine. */
  #isStored(stored: Stored | undefined, warnings: readonly string[]): boolean {
    if (warnings.length > 0) throw new StoreFailure("unknown", `the server warned: ${warnings.join("; ")}`);
    if (stored === undefined) throw new StoreFailure("unknown", "the server answered without saying what is stored");
    if (stored.stored === 1) return true;
    for (const [name, value] of [
      ["fsync", stored.fsync],
      ["synchronous_commit", stored.synchronous_commit],
    ] as const) {
      if (value === "off")
        throw new StoreFailure("nothing_moved", `\`${name}\` is off in ${this.#database.name}: turn it on`);
    }
    return false;
  }

  /** The term ends with a failure that leaves open who writes now, or what is stored. */
  async #inTerm<Result>(work: () => Promise<Result>): Promise<Result> {
    const catalog = this.#opened();
    try {
      return await work();
    } catch (error) {
      const failure = storeFailureOf(error);
      if (failure.outcome !== "nothing_moved") catalog.endTerm();
      throw failure;
    }
  }

  #run<Row>(lane: ConnectionLane, statement: SqlStatement<Row>) {
    return this.#database.run(lane, statement);
  }

  /**
   * A fold whose COMMIT has no answer counts as one that moved nothing, since the next one holds its rows too, and is the same
   * whether they are there already or not.
   */
  async fold(fold: Fold): Promise<void> {
    const catalog = this.#opened();
    const head = catalog.requireTerm();
    const space = catalog.get(fold.space);
    const isThere = space?.creationId === fold.creationId;
    assert(!isThere || fold.version <= space.head, `fold of "${fold.space}" at ${fold.version}`);
    await this.#beside(async () => {
      if (isThere) await this.#writeFold(fold, space.id, head);
      const isAllowed =
        this.#counts !== null && (await this.#trimming.trim(this.#counts, head.term, space?.id ?? null));
      if (!isAllowed) throw fenced();
      this.#folds += 1;
    });
  }

  /** It runs a write that may be made again: without an answer that counts as one that moved nothing. */
  #beside<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#inTerm(async () => {
      try {
        return await work();
      } catch (error) {
        throw error instanceof StoreFailure ? error : new StoreFailure("nothing_moved", messageOf(error), error);
      }
    });
  }

  #writeFold(fold: Fold, spaceId: number, head: ChainHead): Promise<void> {
    return this.#database.transaction("fold", BEGIN_FOLD, async (session) => {
      const [start] = (await session.run(foldStart(this.#names, fold, spaceId, head))).rows;
      if (start?.allowed !== 1) throw fenced();
      if (start.lost > 0) throw new RowsLost();
      if (start.folded === 0) return;
      const { foldRows: rows, foldChars: chars } = this.#settings;
      for (const piece of foldPieces(fold, { rows, chars })) await session.run(foldRows(this.#names, spaceId, piece));
    });
  }

  async findAnswer(query: AnswerQuery): Promise<StoredAnswer | "expired" | null> {
    const head = this.#opened().requireTerm();
    const [row] = await this.#look(answerStatement(this.#names, query, head));
    if (row?.is_newest !== true) {
      this.#opened().endTerm();
      throw fenced();
    }
    const oldestAt = row.age_at - this.#retention.answerAgeMs;
    return findAnswer(query, answerOf(row), oldestAt, row.expired);
  }

  async readChain(query: ChainQuery): Promise<readonly ChainEntry[] | "trimmed"> {
    this.#opened();
    const rows = await this.#look(chainPageStatement(this.#names, query));
    const start = rows[0]?.start ?? 0;
    return query.afterSequence < start ? "trimmed" : chainPage(entriesOf(rows), query.limit);
  }

  /** Only where the node's own counter has moved it is certain that the server is the primary, and that a commit there is safe. */
  async confirm(): Promise<Confirmation> {
    this.#opened();
    const first = await this.#confirmOnce();
    const row = this.#row;
    if (row === null || first.isListed) return first.confirmation;
    // The writer took the row away, or the database came back without it.
    await this.#look(enterStatement(this.#names, row));
    const { isListed, confirmation } = await this.#confirmOnce();
    return { ...confirmation, sure: confirmation.sure && isListed };
  }

  async #confirmOnce(): Promise<{ readonly isListed: boolean; readonly confirmation: Confirmation }> {
    const statement = confirmStatement(this.#names, this.#row?.id ?? null);
    const { rows, warnings } = await this.#reading(() => this.#run("look", statement));
    const [row] = rows;
    if (row === undefined || row.standby)
      throw new SyncError("store_unavailable", `${this.#database.name} is a standby`, {
        hint: "Give the primary's address.",
      });
    const { sequence, term, beat, listed, server } = row;
    const head = sequence === null || term === null ? null : { sequence, term };
    return { isListed: listed > 0, confirmation: { head, beat, sure: warnings.length === 0, server } };
  }

  async beat(): Promise<void> {
    const head = this.#opened().requireTerm();
    await this.#inTerm(async () => {
      const { rows, warnings } = await this.#run("write", beatStatement(this.#names, head));
      if (warnings.length > 0) throw new StoreFailure("unknown", `the server warned: ${warnings.join("; ")}`);
      if (rows.length === 0) throw fenced();
    });
  }

  async readLog(query: LogQuery): Promise<LogRow[]> {
    this.#opened();
    const rows = await this.#look(logStatement(this.#names, query));
    return rows.map((row) => logRowOf(query.space, row));
  }

  async readHistory(query: HistoryQuery): Promise<StoredHistoryRow[]> {
    this.#opened();
    const found = (await this.#look(historyStatement(this.#names, query))).map(historyRowOf);
    return query.before === undefined ? found : found.reverse();
  }

  async appendPoints(rows: readonly PointRow[]): Promise<number> {
    const catalog = this.#opened();
    return this.#beside(() => this.#points.append(rows, () => catalog.requireTerm()));
  }

  async dropHistory(positions: readonly number[]): Promise<number> {
    const catalog = this.#opened();
    return this.#beside(() =>
      this.#points.dropHistory(
        positions,
        () => catalog.requireTerm(),
        (went) => this.#counts?.historyWent(went),
      ),
    );
  }

  async dropPoints(gone: PointsGone): Promise<number> {
    const catalog = this.#opened();
    return this.#beside(() => this.#points.drop(gone, () => catalog.requireTerm()));
  }

  async readPoints(query: PointQuery): Promise<readonly PointRow[]> {
    this.#opened();
    return this.#look(this.#points.read(query));
  }

  async listPoints(query: PointListQuery): Promise<readonly PointRow[]> {
    this.#opened();
    return this.#look(this.#points.list(query));
  }

  async pointTimes(query: PointTimesQuery): Promise<readonly number[]> {
    this.#opened();
    return (await this.#look(this.#points.times(query))).map(({ at }) => at);
  }

  async #look<Row>(statement: SqlStatement<Row>): Promise<readonly Row[]> {
    return (await this.#reading(() => this.#run("look", statement))).rows;
  }

  /** A look that fails moved nothing, so its failure only says that the database is not there. */
  async #reading<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DatabaseFailure)) throw error;
      throw new SyncError("store_unavailable", error.message, { cause: error });
    }
  }

  /** A database that others use, too, has backups of its own, and those keep its order: a copy made here would be a second way. */
  async backup(_path: string): Promise<void> {
    throw new SyncError("store_unavailable", `this store makes no backups of ${this.#database.name}`, {
      hint: "Use the database's own: pg_dump, pg_basebackup, or those of its provider.",
    });
  }

  /** A node lists itself before it reads. */
  async enterNode(row: NodeRow): Promise<void> {
    await this.#reading(() => this.#database.prepare()); // The very first node finds no table yet.
    await this.#look(enterStatement(this.#names, row));
    this.#row = row;
  }

  async leaveNode(): Promise<void> {
    const row = this.#row;
    this.#row = null;
    if (row !== null) await this.#look(removeNodeStatement(this.#names, row.id, null));
  }

  async removeNode({ id, counter }: Pick<AliveNode, "id" | "counter">): Promise<void> {
    await this.#look(removeNodeStatement(this.#names, id, counter));
  }

  listNodes(): Promise<readonly AliveNode[]> {
    return this.#look(nodesStatement(this.#names));
  }

  async close(): Promise<void> {
    await this.#database.close();
    this.#catalog = null;
    this.#counts = null;
  }

  metrics(): StoreMetrics {
    return {
      store_commits_total: this.#commits,
      store_folds_total: this.#folds,
      ...this.#points.metrics(),
      ...this.#database.metrics(),
      ...this.#counts?.metrics(),
    };
  }
}

export interface StoreParts {
  readonly database: SharedDatabase;
  readonly names: Names;
  readonly settings: PostgresSettings;
  readonly retention: Retention;
}

const ONE_MOMENT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/** A node that is paused amid a fold would hold the row of the space. The server ends the transaction then. */
const BEGIN_FOLD = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = '10s'";

function fenced(): StoreFailure {
  return new StoreFailure("fenced", "another node has taken over: this term is over");
}

function storeFailureOf(error: unknown): StoreFailure {
  if (error instanceof StoreFailure) return error;
  if (isDuplicate(error)) return new StoreFailure("fenced", "another node has taken over: this term is over", error);
  // A SyncError comes before a statement is sent.
  const isUnknown = error instanceof DatabaseFailure ? error.outcome === "unknown" : !(error instanceof SyncError);
  return new StoreFailure(isUnknown ? "unknown" : "nothing_moved", messageOf(error), error);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
