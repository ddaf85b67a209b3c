import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Held by one agent per data directory; the system takes it back when the process dies, however it dies. */
export interface DataLock {
  release(): void;
}

/** Null: another process has it. */
export function lockDataDirectory(dataDir: string): DataLock | null {
  const database = new DatabaseSync(join(dataDir, "lock.db"));
  try {
    database.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (error instanceof Error && /locked/.test(error.message)) return null;
    throw error;
  }
  return { release: () => database.close() };
}
