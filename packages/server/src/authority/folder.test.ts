import { collection, defineModel, put } from "@neverstale/protocol";
import { expect, test } from "vitest";
import { settle, VirtualRuntime } from "../runtime/virtual-runtime-suite.ts";
import type { Fold, Store } from "../store/contract.ts";
import { memoryStore } from "../store/memory.ts";
import { StateManager } from "./state-manager.ts";

const model = defineModel({
  model: 1,
  collections: { lines: collection<{ id: string }>() },
  changes: { line: put("lines") },
});
const spaces = { "out/": model };

/** A memory store, and what is awaited after each of its folds. */
function storeWith(afterFold: () => Promise<void>) {
  const inner = memoryStore();
  const folded: string[] = [];
  const store: Store = Object.assign(Object.create(inner) as Store, {
    read: () => inner.read(),
    takeOver: (takeover: Parameters<Store["takeOver"]>[0]) => inner.takeOver(takeover),
    close: () => inner.close(),
    commit: (group: Parameters<Store["commit"]>[0]) => inner.commit(group),
    fold: async (fold: Fold) => {
      folded.push(fold.space);
      await inner.fold(fold);
      await afterFold();
    },
  });
  return { inner, store, folded };
}

async function makeSpaces(manager: StateManager<typeof model>, runtime: VirtualRuntime): Promise<string[]> {
  const names = Array.from({ length: 20 }, (_, n) => `out/${n}`);
  const made = names.map((name) => manager.apply({ type: "line", target: name, data: {} }, { space: name }));
  await runtime.pass(1);
  await Promise.all(made);
  return names;
}

test("[P3] close takes as long as it may, however many spaces there are; what it has not folded is in the log", async () => {
  const runtime = new VirtualRuntime();
  const { inner, store, folded } = storeWith(() => runtime.pass(100));
  const limits = { closeFoldMs: 250, foldMs: 1_000_000 };
  const manager = await StateManager.openWith({ model, spaces, store, limits }, runtime);
  const names = await makeSpaces(manager, runtime);

  await manager.close();
  const again = await StateManager.openWith({ model, spaces, store: memoryStore({ data: inner.dump() }) }, runtime);

  expect(folded).toHaveLength(3);
  for (const name of names) expect(again.space(name)?.state.lines?.size).toBe(1);
});

test("[P3] a fold of many spaces that is under way when the store is closed goes no further", async () => {
  const runtime = new VirtualRuntime();
  let goOn = () => {};
  const waiting = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const { store, folded } = storeWith(() => waiting);
  const manager = await StateManager.openWith({ model, spaces, store, limits: { foldMs: 1_000 } }, runtime);
  const names = await makeSpaces(manager, runtime);
  await runtime.pass(1_000);
  expect(folded).toHaveLength(1);

  const closing = manager.close();
  await settle();
  goOn();
  await closing;

  expect(folded.slice(1)).toEqual(["main", ...names]);
});
