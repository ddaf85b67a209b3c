import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoredRecord, StoredTombstone } from "@neverstale/server/store";
import { fold, group, made, opened, record } from "@neverstale/server/store/contract-suite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { STORE_SETTINGS } from "../sliced/settings.ts";
import type { FoldRow } from "../sliced/steps/fold-rows.ts";
import { StoreSteps } from "../sliced/steps/store-steps.ts";
import { SqliteDatabase } from "./sqlite-database.ts";
import { sqliteStore } from "./sqlite-store.ts";
import { rowsIn } from "./table-rows-suite.ts";

const COUNT = 1_000;
const LIMITLESS = 1e9;

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "neverstale-fold-"));
  path = join(directory, "fleet.db");
});

afterEach(() => rmSync(directory, { recursive: true }));

/** Rows 0, 3, 6… are records, 1, 4, 7… tombstones; there is nothing under the other ids. */
function firstRows(version: number): { records: StoredRecord[]; tombstones: StoredTombstone[] } {
  const ids = Array.from({ length: COUNT }, (_, index) => index);
  return {
    records: ids.filter((n) => n % 3 === 0).map((n) => record(`r${n}`, version)),
    tombstones: ids.filter((n) => n % 3 === 1).map((n) => ({ collection: "hosts", id: `r${n}`, version })),
  };
}

/** Turns every record into a tombstone or another record, and so on: each kind becomes each kind. */
function secondRows(version: number): FoldRow[] {
  return Array.from({ length: COUNT }, (_, n) => {
    const { collection, id, text } = record(`r${n}`, version);
    return [collection, id, version, Math.floor(n / 3) % 2 === 0 ? text : null];
  });
}

async function folded(): Promise<ReturnType<typeof firstRows>> {
  const store = sqliteStore(path, { writer: "inline" });
  await opened(store);
  await store.commit(made("main", 1));
  await store.fold(fold("main", 1, firstRows(1)));
  await store.commit(group({ name: "main", first: 2 }));
  await store.commit(group({ name: "main", first: 3 }));
  await store.close();
  return firstRows(1);
}

/** So much of a fold to `version` gets to the disk before the process is gone. */
function foldAndCrash(version: number, slices: number): number {
  const database = new SqliteDatabase({ path, maxBytes: Number.POSITIVE_INFINITY });
  const writer = new StoreSteps(database, () => performance.now(), { ...STORE_SETTINGS, sliceMs: 0 });
  writer.addRows(secondRows(version));
  const end = { version, tombstoneFloor: 0, digest: null };
  let written = 0;
  while (written < slices && !writer.writeRows(1, end).last) written += 1;
  writer.close();
  return written;
}

async function stored(): Promise<{ foldedVersion: number | undefined; rows: unknown[] }> {
  const store = sqliteStore(path, { writer: "inline" });
  const { spaces } = await store.read();
  await store.close();
  return {
    foldedVersion: spaces[0]?.foldedVersion,
    rows: inOrder([...(spaces[0]?.records ?? []), ...(spaces[0]?.tombstones ?? [])]),
  };
}

function inOrder<Row extends { readonly id: string }>(rows: readonly Row[]): Row[] {
  return [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));
}

const undoRows = () => rowsIn(path, "fold_undo");

test("a fold that a crash cuts short never happened, wherever it was cut", async () => {
  const { records, tombstones } = await folded();
  const before = { foldedVersion: 1, rows: inOrder([...records, ...tombstones]) };

  for (const slices of [1, 2, 30]) {
    expect(foldAndCrash(2, slices)).toBe(slices);
    expect(undoRows()).toBe(16 * slices);

    expect(await stored()).toEqual(before);
    expect(undoRows()).toBe(0);
  }
});

test("a fold that went through is not taken back, and a later one over a failed one neither", async () => {
  await folded();

  expect(foldAndCrash(2, LIMITLESS)).toBeGreaterThan(10);

  const { foldedVersion, rows } = await stored();
  expect(foldedVersion).toBe(2);
  expect(rows).toHaveLength(COUNT);
  expect(rows[0]).toEqual(record("r0", 2));
});

test("a fold that fails half way and one that follows it are both taken back to what was there before them", async () => {
  const { records, tombstones } = await folded();
  foldAndCrash(2, 5);
  foldAndCrash(3, 9);

  expect(await stored()).toEqual({ foldedVersion: 1, rows: inOrder([...records, ...tombstones]) });
});

test("[B50] a fold that fails again and again notes each record once, and is taken back to what was there before", async () => {
  const { records, tombstones } = await folded();
  const database = new SqliteDatabase({ path, maxBytes: Number.POSITIVE_INFINITY });
  const steps = new StoreSteps(database, () => performance.now(), { ...STORE_SETTINGS, sliceMs: 0 });
  for (let time = 0; time < 5; time += 1) {
    steps.addRows(secondRows(2));
    for (let slice = 0; slice < 5 + time; slice += 1)
      steps.writeRows(1, { version: 2, tombstoneFloor: 0, digest: null });
    steps.dropRows();
  }
  steps.close();

  expect(undoRows()).toBe(16 * 9);
  expect(await stored()).toEqual({ foldedVersion: 1, rows: inOrder([...records, ...tombstones]) });
});

test("what a finished fold noted is cleared away by the trimming behind it", async () => {
  const store = sqliteStore(path, { writer: "inline" });
  await opened(store);
  await store.commit(made("main", 1));
  await store.fold(fold("main", 1, firstRows(1)));
  await store.close();

  expect(undoRows()).toBe(0);
});
