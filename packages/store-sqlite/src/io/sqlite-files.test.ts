import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Store } from "@neverstale/server/store";
import { fold, group, made, opened, record } from "@neverstale/server/store/contract-suite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { backupDatabase } from "./backup.ts";
import { openConnection, pragma } from "./connection.ts";
import { openDatabase } from "./files/open-database.ts";
import { MIGRATIONS, type Migration } from "./files/schema.ts";
import { restoreBackup } from "./restore.ts";
import { sqliteStore } from "./sqlite-store.ts";

let directory: string;
let path: string;
let stores: Store[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "neverstale-files-"));
  path = join(directory, "data", "fleet.db");
  stores = [];
});

afterEach(async () => {
  for (const store of stores) await store.close();
  rmSync(directory, { recursive: true });
});

async function openStore(at = path): Promise<Store> {
  const store = sqliteStore(at, { writer: "inline" });
  stores.push(store);
  await opened(store);
  return store;
}

async function seed(versions: number): Promise<void> {
  const store = await openStore();
  await store.commit(made("main", 1));
  await store.fold(fold("main", 1, { records: [record("a", 1)] }));
  for (let first = 2; first <= versions; first += 1) await store.commit(group({ name: "main", first }));
  await store.close();
}

async function headOf(at: string): Promise<number | undefined> {
  const store = sqliteStore(at, { writer: "inline" });
  const { spaces } = await store.read();
  await store.close();
  return spaces[0]?.log.at(-1)?.lastVersion ?? spaces[0]?.foldedVersion;
}

function modeOf(file: string): string {
  return (statSync(file).mode & 0o777).toString(8);
}

function versionIn(file: string): unknown {
  const db = new DatabaseSync(file, { readOnly: true });
  const row = db.prepare("SELECT version FROM schema_version").get();
  db.close();
  return row?.version;
}

test("the data directory is made for its owner alone, and so is each file in it", async () => {
  const store = await openStore();
  await store.commit(made("main", 1));
  await store.backup(join(directory, "data", "backup.db"));

  expect(modeOf(join(directory, "data"))).toBe("700");
  const files = readdirSync(join(directory, "data"));
  expect(files).toEqual(
    expect.arrayContaining(["fleet.db", "fleet.db-wal", "fleet.db-shm", "fleet.db.lock", "backup.db"]),
  );
  for (const file of files) expect([file, modeOf(join(directory, "data", file))]).toEqual([file, "600"]);
});

test("files that others could read are closed to them; a directory that was there keeps its mode", async () => {
  await seed(1);
  chmodSync(path, 0o644);
  chmodSync(join(directory, "data"), 0o755);

  await openStore();

  expect(modeOf(path)).toBe("600");
  expect(modeOf(join(directory, "data"))).toBe("755");
});

test("every connection holds WAL and its level of synchronous, read back", () => {
  const { database, release } = openDatabase({ path, maxBytes: Number.POSITIVE_INFINITY }, MIGRATIONS);

  expect(pragma(database.full.db, "journal_mode")).toBe("wal");
  expect(pragma(database.full.db, "synchronous")).toBe(2);
  expect(pragma(database.full.db, "wal_autocheckpoint")).toBe(0);

  database.close();
  release();
});

test("a connection that does not hold its settings is refused", () => {
  expect(() => openConnection(":memory:", "full", Number.POSITIVE_INFINITY)).toThrow(
    /holds journal_mode = memory, not wal/,
  );
});

test("a path that can't be a database is refused", async () => {
  await expect(sqliteStore(join(directory, "nowhere\0")).read()).rejects.toMatchObject({ code: "store_unavailable" });
  mkdirSync(path, { recursive: true });
  await expect(sqliteStore(path).read()).rejects.toMatchObject({ code: "store_unavailable" });
});

test("a file of a newer schema is refused, and neither it nor its log is changed", async () => {
  await seed(3);
  const db = new DatabaseSync(path);
  db.exec("PRAGMA journal_mode = WAL; UPDATE schema_version SET version = 99; CREATE TABLE of_tomorrow (x)");
  const copy = join(directory, "newer.db");
  writeFileSync(copy, readFileSync(path));
  writeFileSync(`${copy}-wal`, readFileSync(`${path}-wal`));
  db.close();
  const before = [readFileSync(copy), readFileSync(`${copy}-wal`)];

  await expect(sqliteStore(copy).read()).rejects.toMatchObject({
    code: "store_newer_than_code",
    message: expect.stringContaining("schema 99"),
    hint: expect.stringContaining("newer server"),
  });

  expect(before[1]?.length).toBeGreaterThan(0);
  expect([readFileSync(copy), readFileSync(`${copy}-wal`)]).toEqual(before);
});

test("a database of another program, and a file that is none, are refused", async () => {
  const other = join(directory, "other.db");
  const db = new DatabaseSync(other);
  db.exec("CREATE TABLE books (title)");
  db.close();
  await expect(sqliteStore(other).read()).rejects.toMatchObject({ code: "store_damaged" });

  writeFileSync(other, "not a database at all, but long enough to be looked at".repeat(100));
  await expect(sqliteStore(other).read()).rejects.toMatchObject({ code: "store_damaged" });
});

test("an older schema is brought up step by step, after a backup that the older build can open", async () => {
  await seed(3);
  const addNotes: Migration = (db) => db.exec("ALTER TABLE records ADD COLUMN note TEXT");
  const fillNotes: Migration = (db) => db.exec("UPDATE records SET note = 'kept'");

  const { database, release } = openDatabase({ path, maxBytes: Number.POSITIVE_INFINITY }, [
    ...MIGRATIONS,
    addNotes,
    fillNotes,
  ]);
  const notes = database.full.db.prepare("SELECT id, note FROM records").all();
  database.close();
  release();

  expect(notes).toEqual([expect.objectContaining({ id: "a", note: "kept" })]);
  expect(versionIn(path)).toBe(MIGRATIONS.length + 2);
  await expect(sqliteStore(path).read()).rejects.toMatchObject({ code: "store_newer_than_code" });
  expect(modeOf(`${path}.schema-${MIGRATIONS.length}`)).toBe("600");
  expect(await headOf(`${path}.schema-${MIGRATIONS.length}`)).toBe(3);
});

test("a migration that fails leaves the database at the last version that was reached", async () => {
  await seed(2);
  const good: Migration = (db) => db.exec("CREATE TABLE good (x)");
  const bad: Migration = (db) => db.exec("CREATE TABLE bad (x); INSERT INTO no_such_table VALUES (1)");

  expect(() => openDatabase({ path, maxBytes: Number.POSITIVE_INFINITY }, [...MIGRATIONS, good, bad])).toThrow(
    /no such table/,
  );

  expect(versionIn(path)).toBe(MIGRATIONS.length + 1);
  const db = new DatabaseSync(path, { readOnly: true });
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE name IN ('good', 'bad')").all();
  db.close();
  expect(tables).toEqual([expect.objectContaining({ name: "good" })]);
});

test("a new database needs no backup before its first schema", async () => {
  await seed(1);

  expect(readdirSync(join(directory, "data")).sort()).toEqual(["fleet.db", "fleet.db.lock"]);
});

test("one file has one server, by whatever name it is opened: a link, a link to its directory, a relative path, a hard link", async () => {
  const store = await openStore();
  await store.commit(made("main", 1));
  const other = (name: string) => join(directory, name);
  symlinkSync(path, other("link.db"));
  symlinkSync(join(directory, "data"), other("directory"));
  linkSync(path, other("hard.db"));
  const names = [other("link.db"), other("directory/fleet.db"), relative(process.cwd(), path), other("hard.db")];

  for (const name of names) await expect(openStore(name)).rejects.toMatchObject({ code: "store_locked" });
  expect(() => restoreBackup(path, other("link.db"))).toThrow(expect.objectContaining({ code: "store_locked" }));

  await store.commit(group({ name: "main", first: 2 }));
  await store.close();
  for (const name of names) expect([name, await headOf(name)]).toEqual([name, 2]);
});

test("a link that leads nowhere yet is where the database comes to be", async () => {
  mkdirSync(join(directory, "data"));
  symlinkSync(path, join(directory, "link.db"));
  const store = await openStore(join(directory, "link.db"));

  await expect(openStore(path)).rejects.toMatchObject({ code: "store_locked" });
  await store.commit(made("main", 1));
  await store.close();

  expect(await headOf(path)).toBe(1);
});

/** The file as it is while a server works on it, with and without its log. */
async function killed(): Promise<{ whole: string; bare: string }> {
  const store = await openStore();
  await store.commit(made("main", 1));
  await store.fold(fold("main", 1, { records: [record("a", 1)] }));
  await store.commit(group({ name: "main", first: 2 }));
  const [whole, bare] = [join(directory, "whole.db"), join(directory, "bare.db")];
  for (const copy of [whole, bare]) copyFileSync(path, copy);
  copyFileSync(`${path}-wal`, `${whole}-wal`);
  await store.close();
  return { whole, bare };
}

test("[P3] a file that was not closed and has lost its log is opened by nobody who doesn't ask for it", async () => {
  const { whole, bare } = await killed();
  writeFileSync(`${bare}-wal`, "");

  expect(await headOf(whole)).toBe(2);
  await expect(openStore(bare)).rejects.toMatchObject({
    code: "store_damaged",
    hint: expect.stringContaining("--accept-lost-log"),
  });
  await expect(openStore(bare)).rejects.toMatchObject({ code: "store_damaged" });

  const accepted = sqliteStore(bare, { writer: "inline", acceptLostLog: true });
  stores.push(accepted);
  await accepted.read();
  await accepted.close();
  await openStore(bare);
});

test("what has no log by right starts: a new file, one that was closed, a backup of a running server, one that was restored", async () => {
  const store = await openStore();
  await store.commit(made("main", 1));
  const backup = join(directory, "backup.db");
  await store.backup(backup);
  await store.close();
  await (await openStore()).close();
  copyFileSync(path, join(directory, "moved.db"));
  const { replaced } = restoreBackup(backup, path);

  for (const name of [path, backup, replaced as string, join(directory, "moved.db")])
    expect([name, await headOf(name)]).toEqual([name, 1]);
});

test("a row that is there already was written by somebody else: what became of the group is not known", async () => {
  const store = await openStore();
  await store.commit(made("main", 1));
  const other = new DatabaseSync(path);
  other.exec("INSERT INTO log VALUES (2, 1, 2, 2, 0, 2, '[]', 0, 3, 1, NULL)");
  other.close();

  await expect((async () => store.commit(group({ name: "main", first: 2 })))()).rejects.toMatchObject({
    outcome: "unknown",
    message: expect.stringContaining("another writer"),
  });
  await expect(store.findAnswer({ key: "k", owner: "", madeAt: null })).rejects.toMatchObject({ outcome: "unknown" });
});

test("a log with a hole behind its fold is damage", async () => {
  await seed(5);
  const db = new DatabaseSync(path);
  db.exec("DELETE FROM log WHERE first_version = 3");
  db.close();

  await expect(sqliteStore(path).read()).rejects.toMatchObject({
    code: "store_damaged",
    message: expect.stringContaining("version 4 instead of 3"),
  });
});

test("pages that were overwritten are damage", async () => {
  await seed(200);
  const bytes = readFileSync(path);
  bytes.fill(0x5a, 4_096, bytes.length);
  writeFileSync(path, bytes);

  await expect(sqliteStore(path).read()).rejects.toMatchObject({ code: "store_damaged" });
});

test("restore puts a backup back and keeps what was there", async () => {
  await seed(3);
  const backup = join(directory, "backup.db");
  const store = await openStore();
  await store.backup(backup);
  await store.commit(group({ name: "main", first: 4 }));
  await store.close();

  const { replaced } = restoreBackup(backup, path);

  expect(await headOf(path)).toBe(3);
  expect(modeOf(path)).toBe("600");
  expect(replaced).toBe(`${path}.replaced`);
  expect(await headOf(replaced as string)).toBe(4);
  expect(restoreBackup(backup, path).replaced).toBe(`${path}.replaced-2`);
});

test("restore works where nothing was", async () => {
  await seed(2);
  const elsewhere = join(directory, "new", "fleet.db");

  expect(restoreBackup(path, elsewhere)).toEqual({ replaced: null });

  expect(await headOf(elsewhere)).toBe(2);
});

/** As `cp` leaves it that copies the file of a running server alone. */
async function copyWithoutLog(): Promise<string> {
  const store = await openStore();
  await store.commit(made("main", 1));
  const copy = join(directory, "copy.db");
  copyFileSync(path, copy);
  await store.close();
  return copy;
}

test("[P3] a copy of a running server's file without its log is no backup, and none is made of it", async () => {
  const copy = await copyWithoutLog();

  expect(() => restoreBackup(copy, join(directory, "restored.db"))).toThrow(
    expect.objectContaining({ code: "store_damaged", message: expect.stringContaining("without its log") }),
  );
  await expect(backupDatabase(copy, join(directory, "backup.db"))).rejects.toMatchObject({ code: "store_damaged" });

  expect(readdirSync(directory)).not.toContain("restored.db");
  expect(readdirSync(directory)).not.toContain("backup.db");
});

test("[P3] a log whose file is gone is neither thrown away at a start nor read into what is restored", async () => {
  await seed(2);
  const backup = join(directory, "backup.db");
  copyFileSync(path, backup);
  const store = await openStore();
  await store.commit(group({ name: "main", first: 3 }));
  const log = readFileSync(`${path}-wal`);
  await store.close();
  rmSync(path);
  writeFileSync(`${path}-wal`, log);

  await expect(openStore()).rejects.toMatchObject({ code: "store_damaged", hint: expect.stringContaining("restore") });
  expect(restoreBackup(backup, path)).toEqual({ replaced: null });

  expect(await headOf(path)).toBe(2);
  expect(readFileSync(`${path}.replaced-wal`)).toEqual(log);
});

test("links that lead to each other are no database", async () => {
  mkdirSync(join(directory, "data"));
  symlinkSync(path, path);

  await expect(openStore()).rejects.toMatchObject({ code: "store_unavailable" });
  expect(() => restoreBackup(join(directory, "backup.db"), path)).toThrow(
    expect.objectContaining({ code: "store_unavailable" }),
  );
});

test("restore keeps a database with its log when it is too damaged to be read", async () => {
  await seed(2);
  const backup = join(directory, "backup.db");
  const store = await openStore();
  await store.backup(backup);
  await store.close();
  writeFileSync(path, "damaged ".repeat(2_000));
  writeFileSync(`${path}-wal`, "its log");

  const { replaced } = restoreBackup(backup, path);

  expect(await headOf(path)).toBe(2);
  expect(readFileSync(replaced as string, "utf8")).toContain("damaged");
  expect(readFileSync(`${replaced}-wal`, "utf8")).toBe("its log");
});

test("restore is refused under a running server, which goes on", async () => {
  const store = await openStore();
  await store.commit(made("main", 1));
  const backup = join(directory, "backup.db");
  await store.backup(backup);

  expect(() => restoreBackup(backup, path)).toThrow(expect.objectContaining({ code: "store_locked" }));

  await store.commit(group({ name: "main", first: 2 }));
  await store.close();
  expect(await headOf(path)).toBe(2);
});

test("restore refuses a backup that is not whole, is empty, is newer, or is not there; the database stays", async () => {
  await seed(2);
  const backup = join(directory, "backup.db");
  writeFileSync(backup, readFileSync(path).fill(0x5a, 4_096));
  expect(() => restoreBackup(backup, path)).toThrow(expect.objectContaining({ code: "store_damaged" }));

  writeFileSync(backup, "");
  expect(() => restoreBackup(backup, path)).toThrow(expect.objectContaining({ code: "store_damaged" }));

  for (const text of ["no database", "no database, and long enough to be looked at".repeat(200)]) {
    writeFileSync(backup, text);
    expect(() => restoreBackup(backup, path)).toThrow(
      expect.objectContaining({ code: "store_damaged", message: expect.stringContaining(backup) }),
    );
  }

  writeFileSync(backup, readFileSync(path));
  const db = new DatabaseSync(backup);
  db.exec("UPDATE schema_version SET version = 99");
  db.close();
  expect(() => restoreBackup(backup, path)).toThrow(expect.objectContaining({ code: "store_newer_than_code" }));

  expect(() => restoreBackup(join(directory, "nowhere.db"), path)).toThrow(
    expect.objectContaining({ code: "store_unavailable" }),
  );
  expect(await headOf(path)).toBe(2);
  expect(existsSync(`${path}.replaced`)).toBe(false);
});

test("the write-ahead log stays short under steady load, folds included", async () => {
  const store = sqliteStore(path);
  stores.push(store);
  await opened(store);
  const groups = 3_200;
  const changes = JSON.stringify(["x".repeat(16_000)]);
  let folding: Promise<void> = Promise.resolve();
  for (let first = 1; first <= groups; first += 1) {
    const next = first === 1 ? made("main", 1) : group({ name: "main", first });
    await store.commit({ ...next, spaces: next.spaces.map((space) => ({ ...space, changes: { text: changes } })) });
    if (first % 400 === 0) folding = store.fold(fold("main", first, { records: [record("a", first)] }));
    if (first % 400 === 399) await folding;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await folding;

  const written = groups * 16_000;
  expect(written).toBeGreaterThan(50_000_000);
  expect(statSync(`${path}-wal`).size).toBeLessThan(16_000_000);
  expect(store.metrics().store_checkpoints_total).toBeGreaterThan(1);
});
