/**
 * `node:sqlite` doing the least that a durable state needs: for each change the record rewritten and a row added to the
 * log; so many changes to a commit, each forced to disk. No network, no versions for anyone to resume from.
 */

import { DatabaseSync } from "node:sqlite";
import type { ContenderServer, StartServer } from "../harness/contender.ts";
import { type BenchChange, type BenchRecord, initialRecords } from "../harness/records.ts";

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS records (id TEXT PRIMARY KEY, version INTEGER NOT NULL, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS log (version INTEGER PRIMARY KEY, change TEXT NOT NULL) STRICT;
`;

/** The variant is the number of changes in a commit. */
export function startServer(variant: string): StartServer {
  return async ({ records, folder }) => {
    const database = new BareDatabase(`${folder}/bare.db`, records, Number(variant));
    return {
      port: 0,
      change: (change) => database.change(change),
      records: () => database.state.values(),
      metrics: () => ({ commits: database.commits }),
      close: async () => database.close(),
      stored: async () => storedRecords(`${folder}/bare.db`),
    } satisfies ContenderServer;
  };
}

class BareDatabase {
  readonly state: Map<string, BenchRecord>;
  commits = 0;
  readonly #database: DatabaseSync;
  readonly #putRecord;
  readonly #addLog;
  readonly #perCommit: number;
  #group: BenchChange[] = [];
  #waiting: (() => void)[] = [];

  constructor(path: string, records: number, perCommit: number) {
    this.#database = new DatabaseSync(path);
    this.#database.exec(SCHEMA);
    this.#putRecord = this.#database.prepare("REPLACE INTO records (id, version, text) VALUES (?, ?, ?)");
    this.#addLog = this.#database.prepare("INSERT INTO log (version, change) VALUES (?, ?)");
    this.#perCommit = perCommit;
    const initial = initialRecords(records);
    this.state = new Map(initial.map((record) => [record.id, record]));
    this.#transaction(() =>
      initial.forEach((record) => void this.#putRecord.run(record.id, record.seq, JSON.stringify(record))),
    );
  }

  /** Resolves when the commit that holds it has been forced to disk. */
  change(change: BenchChange): Promise<void> {
    this.#group.push(change);
    const done = new Promise<void>((resolve) => this.#waiting.push(resolve));
    // Not at once: writers that go on when they are told would never let the event loop turn.
    if (this.#group.length === this.#perCommit) setImmediate(() => this.#commit());
    return done;
  }

  #commit(): void {
    const [group, waiting] = [this.#group, this.#waiting];
    this.#group = [];
    this.#waiting = [];
    this.#transaction(() => group.forEach((change) => void this.#store(change)));
    this.commits += 1;
    for (const resolve of waiting) resolve();
  }

  #store(change: BenchChange): void {
    const before = this.state.get(change.id);
    if (before === undefined) throw new Error(`no record ${change.id}`);
    const after = { ...before, ...change };
    this.state.set(after.id, after);
    this.#putRecord.run(after.id, change.seq, JSON.stringify(after));
    this.#addLog.run(change.seq, JSON.stringify(change));
  }

  #transaction(write: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    write();
    this.#database.exec("COMMIT");
  }

  close(): void {
    if (this.#group.length > 0) this.#commit();
    this.#database.close();
  }
}

function storedRecords(path: string): BenchRecord[] {
  const database = new DatabaseSync(path);
  const rows = database.prepare("SELECT text FROM records").all();
  database.close();
  return rows.map((row) => JSON.parse(row.text as string) as BenchRecord);
}
