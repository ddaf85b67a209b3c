/** The pg database keeps one connection for each lane, and makes it anew where it was lost. */

import { backoffMs, type Millis } from "@neverstale/base";
import { SyncError } from "@neverstale/protocol";
import {
  type ConnectionLane,
  DatabaseFailure,
  type SharedDatabase,
  type SqlAnswer,
  type SqlSession,
  type SqlStatement,
} from "../database.ts";
import type { Names } from "../names.ts";
import type { PostgresSettings } from "../settings.ts";
import type { DatabaseTarget } from "./address.ts";
import { connect, type PgConnection } from "./connection.ts";
import { prepareSchema } from "./migrate.ts";
import { transactionOn } from "./pg-transaction.ts";

export class PgDatabase implements SharedDatabase {
  readonly name: string;
  readonly #schema: string;
  readonly #names: Names;
  readonly #lanes: Readonly<Record<ConnectionLane, LaneConnection>>;
  readonly #counts: ConnectionCounts = { connections: 0, failures: 0, timeouts: 0 };

  constructor(target: DatabaseTarget, schema: string, names: Names, settings: PostgresSettings) {
    this.name = target.name;
    this.#schema = schema;
    this.#names = names;
    const lane = () => new LaneConnection(target, settings, this.#counts);
    this.#lanes = { write: lane(), look: lane(), fold: lane() };
  }

  prepare(): Promise<void> {
    return this.#lanes.look.use((connection) => prepareSchema(connection, this.#schema, this.#names, this.name));
  }

  run<Row>(lane: ConnectionLane, statement: SqlStatement<Row>): Promise<SqlAnswer<Row>> {
    return this.#lanes[lane].use((connection) => connection.run(statement));
  }

  transaction<Result>(
    lane: ConnectionLane,
    begin: string,
    work: (session: SqlSession) => Promise<Result>,
  ): Promise<Result> {
    return this.#lanes[lane].use((connection) => transactionOn(connection, begin, work));
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#lanes).map((lane) => lane.close()));
  }

  metrics(): Readonly<Record<string, number>> {
    const { connections, failures, timeouts } = this.#counts;
    return {
      store_connections_open: Object.values(this.#lanes).filter(({ isOpen }) => isOpen).length,
      store_connections_total: connections,
      store_connection_failures_total: failures,
      store_answer_timeouts_total: timeouts,
      store_waiting_calls: Object.values(this.#lanes).reduce((sum, { waiting }) => sum + waiting, 0),
    };
  }
}

/** These are those of all lanes. */
interface ConnectionCounts {
  connections: number;
  failures: number;
  timeouts: number;
}

/** One call follows another here. */
class LaneConnection {
  readonly #target: DatabaseTarget;
  readonly #settings: PostgresSettings;
  readonly #counts: ConnectionCounts;
  #connection: PgConnection | null = null;
  #last: Promise<unknown> = Promise.resolve();
  waiting = 0;
  #failures = 0;
  #retryAt: Millis = 0;
  #failure: Error | null = null;

  constructor(target: DatabaseTarget, settings: PostgresSettings, counts: ConnectionCounts) {
    this.#target = target;
    this.#settings = settings;
    this.#counts = counts;
  }

  /** The loss of a connection may have been heard of, or not yet. */
  get isOpen(): boolean {
    return this.#connection !== null && !this.#connection.isLost;
  }

  async use<Result>(work: (connection: PgConnection) => Promise<Result>): Promise<Result> {
    if (this.waiting >= this.#settings.waitingCalls)
      throw new DatabaseFailure("nothing_moved", `${this.waiting} calls wait for the database already`, null);
    this.waiting += 1;
    const result = this.#last.then(async () => {
      this.waiting -= 1;
      return this.#with(work);
    });
    this.#last = result.catch(() => {});
    return result;
  }

  async #with<Result>(work: (connection: PgConnection) => Promise<Result>): Promise<Result> {
    const connection = await this.#connected();
    try {
      return await work(connection);
    } finally {
      if (connection.timedOut) this.#counts.timeouts += 1;
    }
  }

  /** A connection that was lost while nothing was under way is made anew at once. Failures to connect make the waits longer. */
  async #connected(): Promise<PgConnection> {
    if (this.#connection !== null && !this.#connection.isLost) return this.#connection;
    if (this.#failure !== null && performance.now() < this.#retryAt) throw this.#failure;
    this.#connection = null;
    try {
      this.#connection = await connect(this.#target, this.#settings);
      this.#counts.connections += 1;
      this.#failures = 0;
      this.#failure = null;
      return this.#connection;
    } catch (error) {
      this.#failed(error);
      throw error;
    }
  }

  #failed(error: unknown): void {
    const { firstRetryMs, longestRetryMs } = this.#settings;
    this.#counts.failures += 1;
    this.#failures += 1;
    const wait = { firstMs: firstRetryMs, longestMs: longestRetryMs };
    this.#retryAt = performance.now() + backoffMs(wait, this.#failures, Math.random());
    this.#failure = error instanceof Error ? error : new SyncError("store_unavailable", String(error));
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#connection?.end();
    this.#connection = null;
    this.#failure = null;
    this.#failures = 0;
  }
}
