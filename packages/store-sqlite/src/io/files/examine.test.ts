import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Store } from "@neverstale/server/store";
import { group, made, opened } from "@neverstale/server/store/contract-suite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sqliteStore } from "../sqlite-store.ts";
import { examineDatabase } from "./examine.ts";

let directory: string;
let path: string;
let store: Store;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "neverstale-examine-"));
  path = join(directory, "fleet.db");
  store = sqliteStore(path, { writer: "inline" });
  await opened(store);
  await store.commit(made("main", 1));
  await store.commit(group({ name: "main", first: 2 }));
});

afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

function codeOf(at: string): string {
  try {
    examineDatabase(at);
    return "whole";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

test("a database is found whole while a server works on it, and is not altered", async () => {
  const before = readFileSync(path);

  expect(codeOf(path)).toBe("whole");
  expect(readFileSync(path).equals(before)).toBe(true);
  await store.commit(group({ name: "main", first: 3 }));
});

test("one that was copied from under a server without its log is not whole, nor is one that is damaged", async () => {
  const copy = join(directory, "copy.db");
  copyFileSync(path, copy);
  await store.close();
  const bytes = readFileSync(path);
  const damaged = join(directory, "damaged.db");
  writeFileSync(damaged, bytes.fill(7, 4_096, 12_288));
  const none = join(directory, "none.db");
  writeFileSync(none, "a text file");

  expect(codeOf(path)).toBe("whole");
  expect(codeOf(copy)).toBe("store_damaged");
  expect(codeOf(damaged)).toBe("store_damaged");
  expect(codeOf(none)).toBe("store_damaged");
  expect(codeOf(join(directory, "nowhere.db"))).toBe("store_unavailable");
});

test("one of a newer release says so", async () => {
  await store.close();
  const db = new DatabaseSync(path);
  db.exec("UPDATE schema_version SET version = 99");
  db.close();

  expect(codeOf(path)).toBe("store_newer_than_code");
});
