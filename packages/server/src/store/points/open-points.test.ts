import { collection, defineModel, put } from "@neverstale/protocol";
import { expect, test } from "vitest";
import { StateManager } from "../../authority/io/open.ts";
import { memoryStore } from "../memory.ts";

const model = defineModel({
  model: 1,
  collections: { hosts: collection<{ id: string }>() },
  changes: { host_added: put("hosts") },
});
const ROW = { step: 10, at: 100, series: "web-1", text: "1;" };
const QUERY = { step: 10, series: "web-1", from: 0, to: 1_000 };

test("points stand beside the state: no version and no record moves, and they are there after a restart", async () => {
  const store = memoryStore();
  const first = await StateManager.open({ model, store });
  await first.apply({ type: "host_added", target: "web-1", data: {} });

  expect(await first.points.appendPoints([ROW])).toBe(0);
  expect(await first.points.appendPoints([])).toBe(0);

  expect(first.version).toBe(1);
  await first.close();
  const second = await StateManager.open({ model, store });
  expect(second.version).toBe(1);
  expect(await second.points.readPoints(QUERY)).toEqual([ROW]);
  expect(await second.points.listPoints({ step: 10, at: 100, after: "", limit: 9 })).toEqual([ROW]);
  expect(await second.points.pointTimes({ step: 10, upTo: 900, limit: 9 })).toEqual([100]);
  expect(await second.points.dropPoints({ step: 10, series: "web-1" })).toBe(1);
  await second.close();
});

test("once it is being closed, every call for points is refused", async () => {
  const { points, close } = await opened();

  await close();

  for (const call of [
    () => points.appendPoints([ROW]),
    () => points.readPoints(QUERY),
    () => points.listPoints({ step: 10, at: 100, after: "", limit: 9 }),
    () => points.pointTimes({ step: 10, upTo: 900, limit: 9 }),
    () => points.dropPoints({ step: 10, from: 0, before: 900 }),
  ])
    await expect(call()).rejects.toMatchObject({ code: "shutting_down" });
});

async function opened() {
  const manager = await StateManager.open({ model, store: memoryStore() });
  return { points: manager.points, close: () => manager.close() };
}
