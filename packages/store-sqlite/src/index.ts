export { backupDatabase } from "./io/backup.ts";
export { sqliteCopy } from "./io/copy/sqlite-copy.ts";
export { examineDatabase } from "./io/files/examine.ts";
export { type Restored, restoreBackup } from "./io/restore.ts";
export { type SqliteStoreOptions, sqliteStore } from "./io/sqlite-store.ts";
export { openSqliteView, type SqliteView } from "./io/sqlite-view.ts";
