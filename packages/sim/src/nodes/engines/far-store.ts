/** The far store is what one node has of the shared database, with the way there in between. */

import { type AliveNode, memoryStore, type NodeRow, type SharedStore, StoreFailure } from "@neverstale/server";
import type {
  AnswerQuery,
  ChainHead,
  ChainQuery,
  CommitGroup,
  Fold,
  HistoryQuery,
  LogQuery,
  StoreMetrics,
  Takeover,
} from "@neverstale/server/store";
import type { DatabaseWay } from "./database-way.ts";
import type { JudgedDatabase } from "./judged-database.ts";

export class FarStore implements SharedStore {
  readonly #database: JudgedDatabase;
  readonly #store;
  readonly #way: DatabaseWay;
  /** So many takeovers of this node were carried out. A statement that was sent in an earlier term finds another entry. */
  #terms = 0;

  constructor(database: JudgedDatabase, way: DatabaseWay) {
    this.#database = database;
    this.#store = memoryStore({ database });
    this.#way = way;
  }

  read() {
    return this.#way.ask(false, () => this.#store.read());
  }

  takeOver(takeover: Takeover): Promise<ChainHead> {
    return this.#way.ask(true, async () => {
      const place = await this.#store.takeOver(takeover);
      this.#terms += 1;
      return place;
    });
  }

  commit(group: CommitGroup): Promise<void> {
    return this.#inTerm(true, () => {
      this.#store.commit(group);
      this.#database.stored(group);
    });
  }

  #inTerm<Result>(isWrite: boolean, work: () => Result | Promise<Result>): Promise<Result> {
    const terms = this.#terms;
    return this.#way.ask(isWrite, () => {
      if (this.#terms !== terms) throw new StoreFailure("fenced", "this node has taken over anew");
      return work();
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
    return this.#way.ask(false, () => this.#store.readChain(query));
  }

  confirm() {
    return this.#way.ask(false, () => this.#store.confirm());
  }

  readLog(query: LogQuery) {
    return this.#way.ask(false, () => this.#store.readLog(query));
  }

  readHistory(query: HistoryQuery) {
    return this.#way.ask(false, () => this.#store.readHistory(query));
  }

  enterNode(row: NodeRow): Promise<void> {
    return this.#way.ask(true, () => this.#store.enterNode(row));
  }

  listNodes(): Promise<readonly AliveNode[]> {
    return this.#way.ask(false, () => this.#store.listNodes());
  }

  leaveNode(): Promise<void> {
    return this.#way.ask(true, () => this.#store.leaveNode());
  }

  removeNode(node: Pick<AliveNode, "id" | "counter">): Promise<void> {
    return this.#way.ask(true, () => this.#store.removeNode(node));
  }

  backup(path: string): Promise<void> {
    return this.#way.ask(true, () => this.#store.backup(path));
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  metrics(): StoreMetrics {
    return this.#store.metrics();
  }
}
