/** The database is what the store needs of PostgreSQL: statements that are run, and failures that say what they mean. */

/** It is one SQL statement. `Row` is what its answer consists of. */
export interface SqlStatement<Row> {
  readonly text: string;
  readonly values: readonly SqlValue[];
  /** It is never set. It only ties the type of the rows to the statement. */
  readonly row?: Row;
}

export type SqlValue = string | number | boolean | null | readonly (string | number | boolean | null)[];

export interface SqlAnswer<Row> {
  readonly rows: readonly Row[];
  /** The server sent these warnings with its answer. */
  readonly warnings: readonly string[];
}

export interface SqlSession {
  run<Row>(statement: SqlStatement<Row>): Promise<SqlAnswer<Row>>;
}

/**
 * Each lane is a connection of its own, on which one call follows another. So a fold never holds up a commit, and a commit that
 * waits for a standby never holds up a look at the chain.
 */
export type ConnectionLane = "write" | "look" | "fold";

/** Its calls reject with a `DatabaseFailure`, or with a `SyncError` where the database can't be used as it is. */
export interface SharedDatabase {
  /** It says in errors which database is meant. No password is in it. */
  readonly name: string;
  /** Brings the tables to today's form. */
  prepare(): Promise<void>;
  /** Runs one statement, which is a transaction of its own. */
  run<Row>(lane: ConnectionLane, statement: SqlStatement<Row>): Promise<SqlAnswer<Row>>;
  /**
   * Runs `work` between `begin` and COMMIT. When it rejects, everything is rolled back. `begin` may hold several statements
   * without values.
   */
  transaction<Result>(
    lane: ConnectionLane,
    begin: string,
    work: (session: SqlSession) => Promise<Result>,
  ): Promise<Result>;
  /** Waits for what is under way and ends the connections. A later call begins new ones. */
  close(): Promise<void>;
  metrics(): Readonly<Record<string, number>>;
}

/**
 * A statement failed. `nothing_moved` means that nothing of its transaction is stored and never will be. `unknown` means that it
 * may be.
 */
export class DatabaseFailure extends Error {
  override readonly name = "DatabaseFailure";
  readonly outcome: "nothing_moved" | "unknown";
  /** This is the SQLSTATE. It is null when the server said nothing. */
  readonly state: string | null;

  constructor(outcome: "nothing_moved" | "unknown", message: string, state: string | null, cause?: unknown) {
    super(message, { cause });
    this.outcome = outcome;
    this.state = state;
  }
}

/** Somebody else's row stands where this one was to be. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof DatabaseFailure && error.state === "23505";
}
