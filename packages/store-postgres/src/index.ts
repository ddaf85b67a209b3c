export { type PostgresCopyOptions, postgresCopy } from "./io/copy.ts";
export { type PostgresStoreOptions, postgresStore } from "./io/create.ts";
export { type MigrateOptions, migratePostgres } from "./io/migrate.ts";
export type { PostgresStore } from "./postgres-store.ts";
export type { PostgresSettings } from "./settings.ts";
