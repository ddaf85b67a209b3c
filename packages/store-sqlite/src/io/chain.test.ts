import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryStore } from "@neverstale/server";
import type { ChainEntry, CommitGroup, Retention, Store } from "@neverstale/server/store";
import {
  answer,
  chainOf,
  fold,
  group,
  made,
  opened,
  record,
  removed,
  spaceCommit,
} from "@neverstale/server/store/contract-suite";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { StoreSettings } from "../sliced/settings.ts";
import { sqliteStore } from "./sqlite-store.ts";
import { rowsIn } from "./table-rows-suite.ts";

/** Trimming takes many steps. */
const SMALL: Partial<StoreSettings> = { sliceMs: 0, trimRows: 2, trimBytes: 500 };

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "neverstale-chain-"));
  path = join(directory, "fleet.db");
});

afterEach(() => rmSync(directory, { recursive: true }));

const NAMES = ["a", "b", "c"] as const;

/** In one group a space may be moved, ended with or without an archive, made again, or left as it is. */
const move = fc.constantFrom("moves", "moves", "moves", "ends", "goes", "is made", "is left");
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ moves: fc.tuple(move, move, move), answers: fc.boolean() }) },
  { weight: 2, arbitrary: fc.constant("folds" as const) },
  { weight: 1, arbitrary: fc.constant("is opened again" as const) },
);
const retention = fc.record({
  logChanges: fc.constantFrom(0, 3, 1_000),
  chainEntries: fc.constantFrom(0, 3, 1_000),
});

/** The spaces of a store, as whoever writes to it knows them. */
class Known {
  readonly #spaces = new Map<string, { readonly creation: number; head: number }>();
  #creations = 0;
  #groups = 0;

  groupOf(moves: readonly string[], hasAnswer: boolean): CommitGroup {
    this.#groups += 1;
    const spaces = moves.flatMap((what, index) => this.#move(NAMES[index] as string, what));
    return { ...made("x", 0), spaces, answers: hasAnswer ? [answer(`k${this.#groups}`)] : [] };
  }

  #move(name: string, what: string): CommitGroup["spaces"] {
    const space = this.#spaces.get(name);
    if ((what === "ends" || what === "goes") && space !== undefined) {
      this.#spaces.delete(name);
      return removed(name, space.head + 1, what === "ends").spaces;
    }
    if (what === "is made" || (what === "moves" && space === undefined)) {
      this.#creations += 1;
      this.#spaces.set(name, { creation: this.#creations, head: 2 });
      return [spaceCommit({ name, first: 1, count: 2, makes: this.#creations })];
    }
    if (what !== "moves" || space === undefined) return [];
    space.head += 1;
    return [spaceCommit({ name, first: space.head })];
  }

  folds() {
    return [...this.#spaces].map(([name, { creation, head }]) => {
      return { ...fold(name, head, { records: [record("r", head)] }), creationId: `${name}#${creation}` };
    });
  }
}

test.each(["inline", "worker"] as const)(
  "[A2] the same groups make the same chain as in memory, whatever is trimmed of it (%s)",
  async (writer) => {
    let compared = 0;
    let files = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 25 }), retention, async (steps, kept) => {
        files += 1;
        const file = join(directory, `${files}.db`);
        const stores = [
          memoryStore({ retention: kept }),
          sqliteStore(file, { writer, retention: kept, settings: SMALL }),
        ];
        const known = new Known();
        for (const store of stores) await opened(store);
        for (const one of steps) {
          const next = typeof one === "string" ? null : known.groupOf(one.moves, one.answers);
          for (const store of stores) await carryOut(store, one, next, known);
        }

        const [ofMemory, ofFile] = await Promise.all(stores.map(keptOf));
        for (const store of stores) await store.close();
        const [inMemory, inFile] = await Promise.all(stores.map((store) => store.read()));
        for (const store of stores) await store.close();

        const first = Math.max(ofMemory?.[0]?.sequence ?? 0, ofFile?.[0]?.sequence ?? 0);
        const common = (chain: readonly ChainEntry[] = []) => chain.filter(({ sequence }) => sequence >= first);
        expect(common(ofFile)).toEqual(common(ofMemory));
        expect(common(ofFile).at(-1)?.sequence).toBe(inFile?.head?.sequence);
        expect(contentsOf(inFile)).toEqual(contentsOf(inMemory));
        compared += common(ofFile).length;
      }),
      { numRuns: writer === "inline" ? 20 : 4 },
    );
    expect(compared).toBeGreaterThan(files);
  },
);

async function carryOut(store: Store, one: unknown, next: CommitGroup | null, known: Known): Promise<void> {
  if (next !== null) await store.commit(next);
  else if (one === "folds") for (const rows of known.folds()) await store.fold(rows);
  else {
    await store.close();
    await opened(store);
  }
}

/** It returns what is kept of the chain, by the smallest sequence that is answered. */
async function keptOf(store: Store): Promise<readonly ChainEntry[]> {
  const { head } = await store.confirm();
  for (let after = 0; after < (head?.sequence ?? 0); after += 1) {
    const entries = await store.readChain({ afterSequence: after, limit: 1_000 });
    if (entries !== "trimmed") return entries;
  }
  return [];
}

function contentsOf(contents: Awaited<ReturnType<Store["read"]>> | undefined) {
  const spaces = [...(contents?.spaces ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { ...contents, spaces };
}

async function openStore(kept: Partial<Retention>): Promise<Store> {
  const store = sqliteStore(path, { writer: "inline", retention: kept, settings: SMALL });
  await opened(store);
  return store;
}

const rowsOf = (table: string) => rowsIn(path, table);

test("an entry that is nothing but changes has no row of its own", async () => {
  const store = await openStore({});
  await store.commit(made("main", 1));
  const before = rowsOf("chain");

  for (let first = 2; first <= 30; first += 1) await store.commit(group({ name: "main", first }));

  expect([before, rowsOf("chain")]).toEqual([2, 2]);
  expect(await chainOf(store)).toHaveLength(31);
  await store.close();
});

test("[B62] the names of ended spaces go with the last row that the log has of them", async () => {
  const store = await openStore({ logChanges: 2 });
  await store.commit(made("main", 1));
  for (let n = 1; n <= 20; n += 1) {
    await store.commit(made(`x${n}`, 1));
    await store.commit(removed(`x${n}`, 2));
  }
  expect(rowsOf("ended_names")).toBe(20);
  await store.fold(fold("main", 1, {}));
  expect(rowsOf("ended_names")).toBe(2);
  expect(store.metrics()).toMatchObject({ store_ended_names: 2, store_ended_spaces: 0 });

  await store.commit(group({ name: "main", first: 2, count: 2 }));
  await store.fold(fold("main", 3, {}));

  expect(rowsOf("ended_names")).toBe(0);
  expect(store.metrics()).toMatchObject({ store_ended_names: 0 });
  await store.close();
});

test("the number of a space is not given out again as long as its name is kept", async () => {
  const store = await openStore({ logChanges: 0, chainEntries: 0 });
  await store.commit(made("main", 1));
  await store.commit(made("x", 1));
  await store.commit({
    ...group({ name: "main", first: 2 }),
    spaces: [...group({ name: "main", first: 2 }).spaces, ...removed("x", 2).spaces],
  });
  await store.fold(fold("main", 2, {}));
  await store.close();

  const again = await openStore({ logChanges: 0, chainEntries: 0 });
  await again.commit(made("y", 1));
  await again.commit(removed("y", 2));

  expect((await chainOf(again, 6)).map((entry) => entry.type === "group" && entry.spaces)).toMatchObject([
    [{ name: "y" }],
  ]);
  await again.close();
});

test("[B59] no row is left of entries beyond the bound, but for the newest takeover", async () => {
  const store = await openStore({ chainEntries: 5 });
  await store.commit(made("main", 1));
  for (let n = 1; n <= 100; n += 1) await store.commit({ ...made("x", 0), spaces: [], answers: [answer(`k${n}`)] });

  await store.fold(fold("main", 1, {}));

  expect(rowsOf("chain")).toBe(6);
  expect(store.metrics()).toMatchObject({ store_chain_entries: 5 });
  await store.close();
});
