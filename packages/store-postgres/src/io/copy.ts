/** A copy out of a database sees one moment, and one into a database is one transaction: nobody ever sees a part of it. */

import { SyncError } from "@neverstale/protocol";
import { type Copyable, type CopyOut, emptySource, filledTarget, type PutPage } from "@neverstale/server/store";
import { putTables } from "../copy/put-tables.ts";
import { TablesFilling } from "../copy/tables-filling.ts";
import { DatabaseFailure, type SqlSession } from "../database.ts";
import { type Names, namesIn } from "../names.ts";
import { type PostgresSettings, postgresSettingsFrom } from "../settings.ts";
import { endNumbers, lockChain, signsOfLife } from "../statements/copy.ts";
import { type DatabaseTarget, targetFrom } from "./address.ts";
import { connect, type PgConnection } from "./connection.ts";
import { DEFAULT_SCHEMA, prepareSchema, schemaVersionOf } from "./migrate.ts";
import { transactionOn } from "./pg-transaction.ts";

/** Nothing is touched before one of its calls. The URL and the schema are those of `postgresStore`. */
export function postgresCopy(url: string, options: PostgresCopyOptions = {}): Copyable {
  const { schema = DEFAULT_SCHEMA, watchMs = WATCH_MS } = options;
  const target = targetFrom(url);
  const settings = { ...postgresSettingsFrom(options.settings), answerMs: ANSWER_MS };
  return new PostgresCopy(target, schema, settings, watchMs);
}

export interface PostgresCopyOptions {
  readonly schema?: string;
  readonly settings?: Partial<Omit<PostgresSettings, "answerMs">>;
  /** A source is watched for so long first: a node that lives moves its counter once a second. By default it is 3 s. */
  readonly watchMs?: number;
}

const WATCH_MS = 3_000;
const LOOK_MS = 250;
/** Nobody waits for a copy but who started it, and a commit of everything takes its time. */
const ANSWER_MS = 600_000;
/** While one side waits for the other one its transaction is idle. */
const PATIENTLY = "SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL statement_timeout = 0";
const ONE_MOMENT = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${PATIENTLY}`;
const ALL_OR_NOTHING = `BEGIN ISOLATION LEVEL READ COMMITTED; ${PATIENTLY}`;

class PostgresCopy implements Copyable {
  readonly name: string;
  readonly #target: DatabaseTarget;
  readonly #schema: string;
  readonly #names: Names;
  readonly #settings: PostgresSettings;
  readonly #watchMs: number;

  constructor(target: DatabaseTarget, schema: string, settings: PostgresSettings, watchMs: number) {
    this.name = target.name;
    this.#target = target;
    this.#schema = schema;
    this.#names = namesIn(schema);
    this.#settings = settings;
    this.#watchMs = watchMs;
  }

  copyOut(put: PutPage): Promise<void> {
    return this.#connected(async (connection) => {
      if ((await schemaVersionOf(connection, this.#names)) === 0) throw emptySource(this.name);
      await prepareSchema(connection, this.#schema, this.#names, this.name);
      const before = await this.#watch(connection);
      await transactionOn(connection, ONE_MOMENT, (session) => this.#put(session, put));
      const { signs } = await this.#signs(connection);
      if (signs !== before) throw this.#inUse(null);
    });
  }

  #put(session: SqlSession, put: PutPage): Promise<void> {
    return putTables(session, this.#names, { name: this.name, readRows: this.#settings.readRows }, put);
  }

  /** It returns the signs of life that stood still. */
  async #watch(connection: PgConnection): Promise<string> {
    const first = await this.#signs(connection);
    const until = performance.now() + this.#watchMs;
    while (performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(LOOK_MS, this.#watchMs)));
      const { signs, addresses } = await this.#signs(connection);
      if (signs !== first.signs) throw this.#inUse(addresses);
    }
    return first.signs;
  }

  async #signs(connection: PgConnection) {
    const [row] = (await connection.run(signsOfLife(this.#names))).rows;
    return row ?? { signs: "", addresses: null };
  }

  #inUse(addresses: string | null): SyncError {
    const who = addresses === null ? "a server" : `a node (${addresses})`;
    return new SyncError("store_locked", `${who} works on ${this.name}`, {
      hint: "Stop all servers on it first: what they store meanwhile would be missing.",
    });
  }

  copyIn(fill: (put: PutPage) => Promise<void>, check: (copyOut: CopyOut) => Promise<void>): Promise<void> {
    return this.#connected(async (connection) => {
      await prepareSchema(connection, this.#schema, this.#names, this.name);
      await transactionOn(connection, ALL_OR_NOTHING, async (session) => {
        await session.run(lockChain(this.#names));
        const [found] = (await session.run(endNumbers(this.#names))).rows;
        if (found?.empty !== true) throw filledTarget(this.name);
        const filling = new TablesFilling(session, this.#names);
        await fill((page) => filling.add(page));
        await filling.end();
        await check((put) => this.#put(session, put));
      });
    });
  }

  async #connected(work: (connection: PgConnection) => Promise<void>): Promise<void> {
    const connection = await connect(this.#target, this.#settings);
    try {
      await work(connection);
    } catch (error) {
      throw error instanceof DatabaseFailure ? this.#explained(error) : error;
    } finally {
      await connection.end();
    }
  }

  #explained(error: DatabaseFailure): SyncError {
    const hint =
      error.outcome === "unknown"
        ? "Whether the copy is there shows when it is made again: then the target is empty, or it is not."
        : "Nothing was copied. Look at the log of the database.";
    return new SyncError("store_unavailable", `${this.name}: ${error.message}`, { hint, cause: error });
  }
}
