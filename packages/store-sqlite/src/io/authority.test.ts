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

test.each(["inline", "worker"] as const)(
  "[E1] on SQLite (%s) a running process takes over anew between its groups, and the chain has all of it",
  async (writer) => {
    const path = join(directory, "db");
    const options = { model, limits: { foldMs: 1 } };
    const manager = await StateManager.open({ ...options, store: sqliteStore(path, { writer }) });
    const epochs = [manager.epoch];
    manager.onTakeover(() => epochs.push(manager.epoch));

    const work: Promise<unknown>[] = [];
    for (let n = 0; n < 200; n += 1) {
      work.push(manager.apply({ type: "card_put", target: `c${n}`, data: {} }));
      if (n % 20 === 0) work.push(manager.takeOver());
      if (n % 7 === 0) await work.at(-1);
    }
    await Promise.all(work);
    const lineage = manager.space("main")?.lineage();
    await manager.close();
    const store = sqliteStore(path);
    const again = await StateManager.open({ ...options, store });

    expect(epochs).toHaveLength(11);
    expect(again.version).toBe(200);
    const { epoch } = again;
    expect(again.space("main")?.lineage().slice(0, -1)).toEqual(lineage);
    const chain = await store.readChain({ afterSequence: 0, limit: 1_000 });
    const takeovers = chain === "trimmed" ? [] : chain.filter(({ type }) => type === "takeover");
    expect(takeovers.map(({ term }) => term)).toEqual([...epochs, epoch]);
    await again.close();
  },
);

test("on SQLite the state at each version is what it was, also after a restart", async () => {
  const path = join(directory, "db");
  const options = { model, moments: { baseChanges: 4 } };
  let manager = await StateManager.open({ ...options, store: sqliteStore(path) });
  const then: string[] = [JSON.stringify(manager.capture().digest)];
  for (let n = 1; n <= 12; n += 1) {
    const text = `${"x".repeat(n * 4_000)}\u{1f600}`; // Some records are longer than a piece of a base.
    await manager.apply({ type: "card_put", target: `c${n % 5}`, data: { text } });
    then.push(JSON.stringify(manager.capture().digest));
    if (n % 6 !== 0) continue;
    await manager.close();
    manager = await StateManager.open({ ...options, store: sqliteStore(path) });
  }

  const read = then.map(async (_, version) => {
    const past = await manager.stateAt({ version });
    return past.type === "state" ? JSON.stringify(past.digest) : past.type;
  });

  expect(await Promise.all(read)).toEqual(then);
  await manager.close();
});
