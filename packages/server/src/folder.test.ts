import { collection, defineModel, put } from "@neverstale/protocol";
import { expect, test } from "vitest";
import { StateManager } from "./state-manager.ts";
import type { Fold, Store } from "./store/contract.ts";
import { memoryStore } from "./store/memory.ts";
import { VirtualRuntime } from "./virtual-runtime-suite.ts";

const model = defineModel({
  model: 1,
  collections: { lines: collection<{ id: string }>() },
  changes: { line: put("lines") },
});
const spaces = { "out/": model };

test("[P3] close takes as long as it may, however many spaces there are; what it has not folded is in the log", async () => {
  const runtime = new VirtualRuntime();
  const inner = memoryStore();
  const folded: string[] = [];
  const store: Store = Object.assign(Object.create(inner) as Store, {
    open: () => inner.open(),
    beginEpoch: (epoch: string) => inner.beginEpoch(epoch),
    close: () => inner.close(),
    commit: (group: Parameters<Store["commit"]>[0]) => inner.commit(group),
    fold: async (fold: Fold) => {
      folded.push(fold.space);
      await inner.fold(fold);
      await runtime.pass(100);
    },
  });
  const limits = { closeFoldMs: 250, foldMs: 1_000_000 };
  const manager = await StateManager.openWith({ model, spaces, store, limits }, runtime);
  const names = Array.from({ length: 20 }, (_, n) => `out/${n}`);
  const made = names.map((name) => manager.apply({ type: "line", target: name, data: {} }, { space: name }));
  await runtime.pass(1);
  await Promise.all(made);

  await manager.close();
  const again = await StateManager.openWith({ model, spaces, store: memoryStore({ data: inner.dump() }) }, runtime);

  expect(folded).toHaveLength(3);
  for (const name of names) expect(again.space(name)?.state.lines?.size).toBe(1);
});
