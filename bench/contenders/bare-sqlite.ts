/** Bare `node:sqlite` does the least that a durable state needs. */

import { DatabaseSync } from "node:sqlite";
import type { ContenderServer, StartServer } from "../harness/contender.ts";
import { type BenchChange, type BenchRecord, initialRecords } from "../harness/records.ts";

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS records (id TEXT PRIMARY KEY, version INTEGER NOT NULL, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS log (version INTEGER PRIMARY KEY, change TEXT NOT NULL) STRICT;
`;

const FLUSH_MS = 50;

/**
 * It rewrites the record for each change, and adds a row to the log. Some changes go into one commit, which is forced to disk:
 * the variant is their number. There is no network, and no version from which anyone could resume.
 */
export function startServer(variant: string): StartServer {
  return async ({ records, folder }) => {
    const database = new BareDatabase(`${folder}/bare.db`, records, Number(variant));
    return {
      port: 0,
      change: (change: BenchChange) => database.change(change),
      records: () => database.state.values(),
      metrics: () => ({ commits: database.commits }),
      close: () => database.close(),
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
  #group = new Group();

  /** A group that is not full after this time is committed as it is. */
  readonly #timer = setInterval(() => this.#flush(), FLUSH_MS);

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

  /** It resolves when the commit that holds the change has been forced to disk. */
  change(change: BenchChange): Promise<void> {
    const group = this.#group;
    const done = group.add(change);
    if (group.changes.length < this.#perCommit) return done;
    this.#group = new Group();
    // Without a turn between, writers that go on when they are told would let nobody else run.
    setImmediate(() => this.#commit(group));
    return done;
  }

  #flush(): void {
    const group = this.#group;
    if (group.changes.length === 0 || performance.now() - group.since < FLUSH_MS) return;
    this.#group = new Group();
    this.#commit(group);
  }

  #commit(group: Group): void {
    this.#transaction(() => group.changes.forEach((change) => void this.#store(change)));
    this.commits += 1;
    for (const resolve of group.waiting) resolve();
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

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await new Promise((resolve) => setImmediate(resolve));
    this.#commit(this.#group);
    this.#database.close();
  }
}

/** A group goes into one commit. */
class Group {
  readonly since = performance.now();
  readonly changes: BenchChange[] = [];
  readonly waiting: (() => void)[] = [];

  add(change: BenchChange): Promise<void> {
    this.changes.push(change);
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}

function storedRecords(path: string): BenchRecord[] {
  const database = new DatabaseSync(path);
  const rows = database.prepare("SELECT text FROM records").all();
  database.close();
  return rows.map((row) => JSON.parse(row.text as string) as BenchRecord);
}
