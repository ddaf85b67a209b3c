/** A connection is one session with the server, which was found fit for the store before anything was sent. */

import type { Millis } from "@neverstale/base";
import pg from "pg";
import { DatabaseFailure, type SqlAnswer, type SqlStatement } from "../database.ts";
import { requireFit, type ServerFacts, serverFacts } from "../server-facts.ts";
import { saysOfTheSession, stateOutcome } from "../sql-states.ts";
import type { DatabaseTarget } from "./address.ts";
import { failureToConnect } from "./connect-failure.ts";

/** It throws a `SyncError` that says what to do when there is no way to the server, or the server is not as it must be. */
export async function connect(target: DatabaseTarget, times: ConnectionTimes): Promise<PgConnection> {
  const client = new pg.Client({
    ...target.config,
    connectionTimeoutMillis: times.connectMs,
    keepAlive: true,
    types: { getTypeParser },
  });
  client.on("error", () => {}); // Whoever uses the connection next learns of it.
  try {
    await client.connect();
  } catch (error) {
    await ended(client);
    throw failureToConnect(target.name, error);
  }
  const connection = new PgConnection(client, times.answerMs);
  try {
    const { rows } = await connection.run(serverFacts());
    requireFit(target.name, rows[0] as ServerFacts);
  } catch (error) {
    await connection.end();
    throw error instanceof DatabaseFailure ? failureToConnect(target.name, error.cause ?? error) : error;
  }
  return connection;
}

export interface ConnectionTimes {
  readonly connectMs: Millis;
  readonly answerMs: Millis;
}

const BIGINT = 20;

/** No number of the store is too large for a double. */
function getTypeParser(oid: number, format?: "text" | "binary") {
  return oid === BIGINT
    ? Number
    : format === "binary"
      ? pg.types.getTypeParser(oid, format)
      : pg.types.getTypeParser(oid);
}

export class PgConnection {
  readonly #client: pg.Client;
  readonly #answerMs: Millis;
  #isLost = false;
  #timedOut = false;
  #warnings: string[] = [];

  constructor(client: pg.Client, answerMs: Millis) {
    this.#client = client;
    this.#answerMs = answerMs;
    client.on("error", () => this.#lose());
    client.on("end", () => this.#lose());
    client.on("notice", ({ severity, message }) => {
      if (severity === "WARNING") this.#warnings.push(message ?? "");
    });
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** The last statement had no answer in time. */
  get timedOut(): boolean {
    return this.#timedOut;
  }

  #lose(): void {
    this.#isLost = true;
  }

  /** One call at a time: warnings belong to the statement that is under way. */
  async run<Row>({ text, values }: SqlStatement<Row>, answerMs = this.#answerMs): Promise<SqlAnswer<Row>> {
    if (this.#isLost) throw new DatabaseFailure("nothing_moved", "the connection was lost before", null);
    this.#warnings = [];
    const timer = setTimeout(() => this.#giveUp(), answerMs);
    try {
      const { rows } = await this.#client.query(text, [...values]);
      return { rows: (rows ?? []) as Row[], warnings: this.#warnings };
    } catch (error) {
      throw this.#failureOf(error, answerMs);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Nobody knows what the server does meanwhile. So nothing more is sent on this connection. */
  #giveUp(): void {
    this.#timedOut = true;
    this.#lose();
    void ended(this.#client);
  }

  #failureOf(error: unknown, answerMs: Millis): DatabaseFailure {
    if (this.#timedOut) return new DatabaseFailure("unknown", `no answer within ${answerMs} ms`, null, error);
    const { code, severity } = error as { readonly code?: string; readonly severity?: string };
    const state = severity === undefined ? null : (code ?? null);
    if (severity !== "ERROR") this.#lose();
    else if (saysOfTheSession(state)) void this.end();
    const message = error instanceof Error ? error.message : String(error);
    return new DatabaseFailure(stateOutcome(state, severity ?? null), message, state, error);
  }

  async end(): Promise<void> {
    this.#lose();
    await ended(this.#client);
  }
}

/** A connection that is gone already has ended, too. */
async function ended(client: pg.Client): Promise<void> {
  try {
    await client.end();
  } catch {
    // There is nothing more to end.
  }
}
