/** Migrating brings the tables of a schema to today's form, however many nodes begin with it at once. */

import { SyncError } from "@neverstale/protocol";
import { DatabaseFailure, type SqlSession, type SqlStatement } from "../database.ts";
import { type Names, namesIn } from "../names.ts";
import { postgresSettingsFrom } from "../settings.ts";
import { STEPS } from "../statements/schema.ts";
import { targetFrom } from "./address.ts";
import { connect, type PgConnection } from "./connection.ts";
import { transactionOn } from "./pg-transaction.ts";

/**
 * Makes the tables, or brings them to today's form, under a role that may alter the schema, and grants `grantTo` the rights that
 * a node needs: to read and to write rows, and nothing else. A store does the same at its first read where its own role may.
 */
export async function migratePostgres(url: string, options: MigrateOptions = {}): Promise<void> {
  const { schema = DEFAULT_SCHEMA, grantTo } = options;
  const names = namesIn(schema);
  const target = targetFrom(url);
  const connection = await connect(target, postgresSettingsFrom(undefined));
  try {
    await prepareSchema(connection, schema, names, target.name);
    if (grantTo !== undefined) await grant(connection, schema, names, grantTo);
  } finally {
    await connection.end();
  }
}

export interface MigrateOptions {
  readonly schema?: string;
  /** This role serves. It is a name as SQL knows it, without quotes. */
  readonly grantTo?: string;
}

/** It has a name of its own, so that the tables stand beside what the database holds already. */
export const DEFAULT_SCHEMA = "neverstale";

/** It throws a `SyncError`. */
export async function prepareSchema(
  connection: PgConnection,
  schema: string,
  names: Names,
  database: string,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const version = await schemaVersionOf(connection, names);
      if (version === STEPS.length) return;
      if (version > STEPS.length)
        throw new SyncError("store_newer_than_code", `${database} has version ${version} of the schema "${schema}"`, {
          hint: `This release knows version ${STEPS.length}. Start a newer release, or restore a backup.`,
        });
      const patient = { run: <Row>(statement: SqlStatement<Row>) => connection.run(statement, MIGRATION_MS) };
      await transactionOn(connection, "BEGIN", () => migrate(patient, schema, names));
      for (const statement of tuning(names)) await tune(connection, statement);
      return;
    } catch (error) {
      if (error instanceof DatabaseFailure && isCollision(error) && attempt < ATTEMPTS) continue;
      throw explained(error, schema, database);
    }
  }
}

/** Each attempt that collides comes behind another node's migration, so it finds more than the one before. */
const ATTEMPTS = 20;

/** A large table takes its time, and so does a migration that another node has begun. */
const MIGRATION_MS = 600_000;

/** Two nodes made the same thing at once, of which one is told so. */
function isCollision({ state }: DatabaseFailure): boolean {
  return state !== null && ["23505", "42P06", "42P07", "42710", "40001", "40P01", "XX000"].includes(state);
}

/** It returns 0 where there is no schema yet. */
export async function schemaVersionOf(session: SqlSession, names: Names): Promise<number> {
  try {
    const text = `SELECT version FROM ${names.schema_version}`;
    const { rows } = await session.run<{ readonly version: number }>({ text, values: [] });
    return rows[0]?.version ?? 0;
  } catch (error) {
    if (error instanceof DatabaseFailure && (error.state === "42P01" || error.state === "3F000")) return 0;
    throw error;
  }
}

/** The table of the version is locked first, so that whoever comes second waits, and finds nothing left to do. */
async function migrate(session: SqlSession, schema: string, names: Names): Promise<void> {
  const run = (text: string) => session.run({ text, values: [] });
  const { rows } = await session.run<{ readonly found: number }>({
    text: "SELECT count(*) AS found FROM pg_catalog.pg_namespace WHERE nspname = $1::text",
    values: [schema],
  });
  if (rows[0]?.found === 0) await run(`CREATE SCHEMA "${schema}"`);
  await run(`CREATE TABLE IF NOT EXISTS ${names.schema_version} (version integer NOT NULL)`);
  await run(`LOCK TABLE ${names.schema_version} IN ACCESS EXCLUSIVE MODE`);
  const version = await schemaVersionOf(session, names);
  if (version >= STEPS.length) return;
  const steps = STEPS.slice(version).flatMap((step) => step(names));
  const noted = [`DELETE FROM ${names.schema_version}`, `INSERT INTO ${names.schema_version} VALUES (${STEPS.length})`];
  await run([...steps, ...noted].join(";\n")); // Statements without values may go together.
}

/**
 * Changes are kept as they are. The server would compress what has more than two kilobytes, which takes twice the processor's time of
 * the whole commit for a group of a thousand changes. A row of points grows by each line that is appended: pages that are filled to one
 * half at first have room for that, and the table becomes a third smaller.
 */
function tuning({ moves, points }: Names): readonly string[] {
  return [
    `ALTER TABLE ${moves} ALTER COLUMN changes SET STORAGE EXTERNAL`,
    `ALTER TABLE ${points} SET (fillfactor = ${POINTS_FILLED})`,
  ];
}

const POINTS_FILLED = 50;

/** It is no part of SQL that other databases know, and nothing relies on it. */
async function tune(session: SqlSession, text: string): Promise<void> {
  try {
    await session.run({ text, values: [] });
  } catch (error) {
    if (!(error instanceof DatabaseFailure) || !UNKNOWN_STATEMENT.includes(error.state ?? "")) throw error;
  }
}

/** The feature is not supported, or the words are none of this database's language. */
const UNKNOWN_STATEMENT: readonly string[] = ["0A000", "42601"];

async function grant(connection: PgConnection, schema: string, names: Names, role: string): Promise<void> {
  if (role.includes("\0")) throw new Error("`grantTo` is the name of a role");
  const quoted = `"${role.replaceAll('"', '""')}"`;
  const { schema_version: version, ...tables } = names;
  await transactionOn(connection, "BEGIN", async (session) => {
    const run = (text: string) => session.run({ text, values: [] });
    await run(`GRANT USAGE ON SCHEMA "${schema}" TO ${quoted}`);
    await run(`GRANT SELECT ON ${version} TO ${quoted}`);
    await run(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${Object.values(tables).join(", ")} TO ${quoted}`);
  });
}

function explained(error: unknown, schema: string, database: string): unknown {
  if (!(error instanceof DatabaseFailure)) return error;
  const isRight = error.state === "42501";
  const message = isRight
    ? `the role may not use or alter the schema "${schema}" of ${database}`
    : `${database}: ${error.message}`;
  const hint = isRight
    ? "Run `neverstale store prepare` (or call migratePostgres) as a role that may alter the schema, and grant to this role."
    : "Look at the log of the database.";
  return new SyncError("store_unavailable", message, { hint, cause: error });
}
