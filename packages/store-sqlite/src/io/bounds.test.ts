import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Retention, Store } from "@neverstale/server/store";
import { changesText, evicted, fold, group, made, opened, record } from "@neverstale/server/store/contract-suite";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { StoreSettings } from "../sliced/settings.ts";
import { sqliteStore } from "./sqlite-store.ts";
import { rowsIn } from "./table-rows-suite.ts";

/** Every step as small as it can be: what one of them does not reach, another must. */
const SMALL: Partial<StoreSettings> = {
  sliceMs: 0,
  rowsAtOnce: 2,
  rowsPerLook: 4,
  rowsPerMessage: 8,
  trimRows: 8,
  trimBytes: 4_096,
  checkpointPages: 8,
};

let directory: string;
let path: string;
let stores: Store[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "neverstale-bounds-"));
  path = join(directory, "fleet.db");
  stores = [];
});

afterEach(async () => {
  for (const store of stores) await store.close();
  rmSync(directory, { recursive: true });
});

async function openStore(writer: "inline" | "worker", retention: Partial<Retention> = {}): Promise<Store> {
  const store = sqliteStore(path, { writer, retention, settings: SMALL });
  stores.push(store);
  await opened(store);
  return store;
}

const rowsOf = (table: string) => rowsIn(path, table);

function records(count: number, version: number) {
  return Array.from({ length: count }, (_, n) => record(`r${n}`, version));
}

for (const writer of ["inline", "worker"] as const) {
  test(`[B50] no note of a fold is left when it and the trimming behind it have ended, whatever it moved (${writer})`, async () => {
    const store = await openStore(writer);
    await store.commit(made("main", 1));
    for (let version = 1; version <= 4; version += 1) {
      if (version > 1) await store.commit(group({ name: "main", first: version }));

      await store.fold(fold("main", version, { records: records(200, version) }));

      expect(rowsOf("fold_undo")).toBe(0);
      expect(store.metrics()).toMatchObject({ store_undo_rows: 0, store_ended_spaces: 0 });
    }
  });
}

test("[B24] the history is within its bound after each fold, whatever left the state since the last one", async () => {
  const store = await openStore("inline", { historyRows: 10 });
  await store.commit(made("main", 1));
  for (let version = 2; version <= 4; version += 1) {
    const history = Array.from({ length: 300 }, () => evicted("main", version));
    await store.commit({ ...group({ name: "main", first: version }), history });

    await store.fold(fold("main", version, {}));

    expect(rowsOf("history")).toBe(10);
    expect(store.metrics()).toMatchObject({ store_history_rows: 10 });
  }
});

test("[B24] trimming comes to its end while commits add more rows than a step of it deletes", async () => {
  const store = await openStore("inline", { historyRows: 10 });
  await store.commit(made("main", 1));
  const history = Array.from({ length: 50 }, () => evicted("main", 1));
  let ended = false;
  let version = 1;
  const commit = async () => {
    version += 1;
    await store.commit({ ...group({ name: "main", first: version }), history });
  };
  for (let n = 0; n < 10; n += 1) await commit();

  const folded = store.fold(fold("main", version, {})).then(() => {
    ended = true;
  });
  for (let n = 0; n < 1_000 && !ended; n += 1) {
    await commit();
    await new Promise(setImmediate);
  }

  expect(ended).toBe(true);
  await folded;
});

test("[B22] the log is bounded by its characters, in whole groups", async () => {
  const store = await openStore("inline", { logChars: 3 * changesText(1, 1).length });
  await store.commit(made("main", 1));
  for (let first = 2; first <= 6; first += 1) await store.commit(group({ name: "main", first }));

  await store.fold(fold("main", 6, { records: [record("a", 6)] }));

  const rows = await store.readLog({ space: "main", afterVersion: 0, limit: 10 });
  expect(rows.map((row) => row.firstVersion)).toEqual([4, 5, 6]);
  expect(store.metrics()).toMatchObject({ store_log_changes: 3, store_log_chars: 3 * changesText(1, 1).length });
});

test("[B51] a space that has ended leaves no row, and a fold behind it says so", async () => {
  const store = await openStore("inline");
  await store.commit({ ...made("main", 1), spaces: [...made("main", 1).spaces, ...made("x", 1).spaces] });
  const tombstones = records(50, 1).map(({ collection, id, version }) => ({ collection, id: `t${id}`, version }));
  await store.fold(fold("x", 1, { records: records(50, 1), tombstones }));
  expect(store.metrics()).toMatchObject({ store_tombstones: 50 });

  const end = { ...group({ name: "x", first: 2, count: 0 }).spaces[0], removed: true } as const;
  await store.commit({ ...group({ name: "main", first: 2 }), spaces: [end as never] });
  await store.fold(fold("main", 1, {}));

  expect(["records", "tombstones", "ended_spaces"].map(rowsOf)).toEqual([0, 0, 0]);
  expect(store.metrics()).toMatchObject({ store_tombstones: 0, store_ended_spaces: 0 });
});

test("[B52] the file says how large it is, and how much of it is used again", async () => {
  const store = await openStore("inline", { historyRows: 1 });
  const text = JSON.stringify("x".repeat(3_000));
  const history = Array.from({ length: 100 }, () => ({ ...evicted("main", 1), text }));
  await store.commit({ ...made("main", 1), history });
  await store.fold(fold("main", 1, {}));

  const { store_file_bytes: file = 0, store_free_bytes: free = 0, store_wal_bytes: wal = 0 } = store.metrics();

  expect(file).toBeGreaterThan(300_000);
  expect(free).toBeGreaterThan(250_000);
  expect(wal).toBeGreaterThanOrEqual(0);
});

for (const writer of ["inline", "worker"] as const) {
  test(`[B53] the write-ahead log is begun anew, however many commits there are (${writer})`, async () => {
    const store = await openStore(writer);
    await store.commit(made("main", 1));
    for (let first = 2; first <= 400; first += 1) {
      await store.commit(group({ name: "main", first }));
      await new Promise(setImmediate);
    }

    expect(statSync(`${path}-wal`).size).toBeLessThan(200 * 4_096);
    expect(store.metrics().store_checkpoints_total).toBeGreaterThan(10);
  });
}
