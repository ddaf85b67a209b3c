import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collection, defineModel, put } from "@neverstale/protocol";
import { StateManager } from "@neverstale/server";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sqliteStore } from "./sqlite-store.ts";

const model = defineModel({
  model: 1,
  collections: { cards: collection() },
  changes: { card_put: put("cards") },
});

const card = { type: "card_put", target: "c", data: {} } as const;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "neverstale-open-"));
});

afterEach(() => rmSync(directory, { recursive: true }));

test("[S4] on SQLite too, names and keys that are refused leave alone what was decided beside them", async () => {
  const store = sqliteStore(join(directory, "db"));
  const manager = await StateManager.open({ model, spaces: { "out/": model }, store });
  const calls = [
    manager.apply(card, { space: "out/\ud800" }),
    manager.transact((_, transaction) => {
      transaction.add("out/\ud801", [card]);
      return [];
    }),
    manager.transact(() => [card], { key: { id: "a", bodyHash: undefined as never } }),
    manager.apply(card),
  ];

  const outcomes = await Promise.allSettled(calls);
  await manager.close();

  const invalid = { status: "rejected", reason: expect.objectContaining({ code: "invalid_change" }) };
  expect(outcomes.slice(0, 3)).toEqual([invalid, invalid, invalid]);
  expect(outcomes[3]).toMatchObject({ status: "fulfilled", value: { version: 1 } });
});
