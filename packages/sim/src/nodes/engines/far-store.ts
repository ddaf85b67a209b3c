/** The far store is what one node has of the shared database, with the way there in between. */

import type { VirtualClock } from "@neverstale/base";
import {
  type AliveNode,
  type MemoryDatabase,
  memoryStore,
  type NodeRow,
  type SharedStore,
  StoreFailure,
} from "@neverstale/server";
import type {
  AnswerQuery,
  ChainHead,
  ChainQuery,
  CommitGroup,
  Confirmation,
  Fold,
  HistoryQuery,
  LogQuery,
  PointListQuery,
  PointQuery,
  PointRow,
  PointsGone,
  PointTimesQuery,
  StoreMetrics,
  Takeover,
} from "@neverstale/server/store";
import type { Cluster, NodeSession } from "./cluster.ts";
import type { DatabaseWay } from "./database-way.ts";
import type { JudgedDatabase } from "./judged-database.ts";

export class FarStore implements SharedStore {
  readonly #cluster: Cluster;
  readonly #session: NodeSession;
  readonly #onRead: (read: ChainRead) => void;
  readonly #clock: VirtualClock;
  readonly #store;
  readonly #way: DatabaseWay;
  /** The statement that is carried out now has reached this database. */
  #reached: JudgedDatabase;
  /** So many takeovers of this node were carried out. A statement that was sent in an earlier term finds another entry. */
  #terms = 0;

  constructor({ cluster, session, way, clock, onRead }: FarStoreParts) {
    this.#cluster = cluster;
    this.#session = session;
    this.#reached = session.at;
    this.#store = memoryStore({ database: databaseBehind(() => this.#reached) });
    this.#way = way;
    this.#clock = clock;
    this.#onRead = onRead;
  }

  /** A statement goes to where the session led when it was sent. */
  #ask<Result>(isWrite: boolean, work: (database: JudgedDatabase) => Result | Promise<Result>): Promise<Result> {
    const sentTo = this.#session.at;
    return this.#way.ask(isWrite, () => {
      this.#reached = this.#cluster.reached(sentTo);
      return work(this.#reached);
    });
  }

  /** The answer tells what the chain of one database was. */
  async #reads<Result>(isWhole: boolean, work: () => Result | Promise<Result>): Promise<Result> {
    const { now } = this.#clock;
    const { of, seen, result } = await this.#ask(false, async (reached) => {
      return { of: reached, seen: reached.confirm(), result: await work() };
    });
    this.#onRead({ of, seen, isWhole, askedAt: now, at: this.#clock.now });
    return result;
  }

  read() {
    return this.#reads(true, () => this.#store.read());
  }

  takeOver(takeover: Takeover): Promise<ChainHead> {
    return this.#ask(true, async () => {
      const place = await this.#store.takeOver(takeover);
      this.#terms += 1;
      return place;
    });
  }

  commit(group: CommitGroup): Promise<void> {
    return this.#inTerm(true, (database) => {
      this.#store.commit(group);
      database.stored(group);
    });
  }

  #inTerm<Result>(isWrite: boolean, work: (database: JudgedDatabase) => Result | Promise<Result>): Promise<Result> {
    const terms = this.#terms;
    return this.#ask(isWrite, (database) => {
      if (this.#terms !== terms) throw new StoreFailure("fenced", "this node has taken over anew");
      return work(database);
    });
  }

  fold(fold: Fold): Promise<void> {
    return this.#inTerm(true, () => this.#store.fold(fold));
  }

  findAnswer(query: AnswerQuery) {
    return this.#inTerm(false, () => this.#store.findAnswer(query));
  }

  beat(): Promise<void> {
    return this.#inTerm(true, () => this.#store.beat());
  }

  readChain(query: ChainQuery) {
    return this.#reads(false, () => this.#store.readChain(query));
  }

  confirm() {
    return this.#ask(false, () => this.#store.confirm());
  }

  readLog(query: LogQuery) {
    return this.#ask(false, () => this.#store.readLog(query));
  }

  readHistory(query: HistoryQuery) {
    return this.#ask(false, () => this.#store.readHistory(query));
  }

  appendPoints(rows: readonly PointRow[]): Promise<number> {
    return this.#inTerm(true, () => this.#store.appendPoints(rows));
  }

  dropHistory(positions: readonly number[]): Promise<number> {
    return this.#inTerm(true, () => this.#store.dropHistory(positions));
  }

  dropPoints(gone: PointsGone): Promise<number> {
    return this.#inTerm(true, () => this.#store.dropPoints(gone));
  }

  readPoints(query: PointQuery) {
    return this.#ask(false, () => this.#store.readPoints(query));
  }

  listPoints(query: PointListQuery) {
    return this.#ask(false, () => this.#store.listPoints(query));
  }

  pointTimes(query: PointTimesQuery) {
    return this.#ask(false, () => this.#store.pointTimes(query));
  }

  enterNode(row: NodeRow): Promise<void> {
    return this.#ask(true, () => this.#store.enterNode(row));
  }

  listNodes(): Promise<readonly AliveNode[]> {
    return this.#ask(false, () => this.#store.listNodes());
  }

  leaveNode(): Promise<void> {
    return this.#ask(true, () => this.#store.leaveNode());
  }

  removeNode(node: Pick<AliveNode, "id" | "counter">): Promise<void> {
    return this.#ask(true, () => this.#store.removeNode(node));
  }

  backup(path: string): Promise<void> {
    return this.#ask(true, () => this.#store.backup(path));
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  metrics(): StoreMetrics {
    return this.#store.metrics();
  }
}

/** All that it is asked goes to the database that the statement of this moment has reached. */
function databaseBehind(reached: () => JudgedDatabase): MemoryDatabase {
  return new Proxy<MemoryDatabase>(reached(), {
    get: (_, name) => {
      const database = reached();
      const member: unknown = Reflect.get(database, name, database);
      return typeof member === "function" ? member.bind(database) : member;
    },
  });
}

/** The chain of a database was read. */
export interface ChainRead {
  readonly of: JudgedDatabase;
  /** These were its newest entry and its beat. */
  readonly seen: Confirmation;
  /** Everything was read, not what is behind one entry alone. */
  readonly isWhole: boolean;
  readonly askedAt: number;
  readonly at: number;
}

interface FarStoreParts {
  readonly cluster: Cluster;
  readonly session: NodeSession;
  readonly way: DatabaseWay;
  readonly clock: VirtualClock;
  /** The answer has come. */
  readonly onRead: (read: ChainRead) => void;
}
