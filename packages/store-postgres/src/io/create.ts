/** The PostgreSQL store is put together here: the store itself, and the connections of this process. */

import { type Retention, retentionFrom } from "@neverstale/server/store";
import { namesIn } from "../names.ts";
import { PostgresStore } from "../postgres-store.ts";
import { type PostgresSettings, postgresSettingsFrom } from "../settings.ts";
import { targetFrom } from "./address.ts";
import { DEFAULT_SCHEMA } from "./migrate.ts";
import { PgDatabase } from "./pg-database.ts";

/**
 * Nothing is touched before `read`. The URL is `postgres://user:password@host:5432/database`, and `sslmode=verify-full` in it asks
 * for TLS.
 */
export function postgresStore(url: string, options: PostgresStoreOptions = {}): PostgresStore {
  const { schema = DEFAULT_SCHEMA } = options;
  const names = namesIn(schema);
  const settings = postgresSettingsFrom(options.settings);
  const database = new PgDatabase(targetFrom(url), schema, names, settings);
  return new PostgresStore({ database, names, settings, retention: retentionFrom(options.retention) });
}

export interface PostgresStoreOptions {
  /** The tables are in this schema of the database. By default it is `neverstale`. */
  readonly schema?: string;
  readonly retention?: Partial<Retention>;
  readonly settings?: Partial<PostgresSettings>;
}
