import { type Change, collection, defineModel, type Model, patch, put } from "@neverstale/protocol";
import { beforeEach, expect, test } from "vitest";
import { z } from "zod";
import type { Limits } from "../../limits/limits.ts";
import { VirtualRuntime } from "../../runtime/virtual-runtime-suite.ts";
import { memoryStore } from "../../store/memory.ts";
import { StateManager } from "../state-manager.ts";
import type { Decide } from "../transaction.ts";
import type { Problems } from "./problems.ts";

/** As a release without a schema wrote it. */
const loose = modelOf(null);
const Host = z.object({ id: z.string(), n: z.number(), zone: z.string().default("eu") });

function modelOf(schema: typeof Host | null) {
  return defineModel({
    model: 1,
    collections: { hosts: schema === null ? collection() : collection(schema), notes: collection() },
    changes: { host_added: put("hosts"), host_updated: patch("hosts"), noted: put("notes") },
  } as Model);
}

let runtime: VirtualRuntime;
let store: ReturnType<typeof memoryStore>;
let told: Problems[];

beforeEach(async () => {
  runtime = new VirtualRuntime();
  store = memoryStore();
  told = [];
  const manager = await opened(loose);
  const hosts: Change[] = [
    { type: "host_added", target: "good", data: { n: 1, zone: "us" } },
    { type: "host_added", target: "bare", data: { n: 2 } },
    { type: "host_added", target: "bad", data: { n: "three", zone: "us" } },
    { type: "noted", target: "large", data: { text: "x".repeat(100) } },
  ];
  await passing(
    manager.transact((_, transaction) => {
      transaction.add("out/1", hosts.slice(2, 3));
      return hosts;
    }),
  );
  await manager.close();
  store = memoryStore({ data: store.dump() });
});

async function passing<T>(work: Promise<T>): Promise<T> {
  await runtime.pass(1);
  return work;
}

function opened(model: Model, more: { limits?: Partial<Limits>; migrate?: Decide<never> } = {}) {
  const onProblems = (problems: Problems) => told.push(problems);
  return passing(
    StateManager.openWith({ model, spaces: { "out/": model }, store, onProblems, ...more } as never, runtime),
  );
}

const hint = (of: string) => expect.stringContaining(of);

test("[E6] stored records that today's validators or bounds would not take in are listed at open, and served as they are", async () => {
  const manager = await opened(modelOf(Host), { limits: { recordBytes: 100 } });

  const bad = {
    record: { collection: "hosts", id: "bad" },
    kind: "refused",
    why: hint("hosts/bad at n"),
    hint: hint("migrate"),
  };
  expect(manager.problems).toMatchObject({
    count: 4,
    found: [
      {
        space: "main",
        record: { collection: "hosts", id: "bare" },
        kind: "altered",
        why: hint("zone"),
        hint: hint("Put"),
      },
      { space: "main", ...bad },
      { space: "main", record: { collection: "notes", id: "large" }, kind: "too_large", why: hint("recordBytes") },
      { space: "out/1", ...bad },
    ],
  });
  expect(told).toEqual([manager.problems]);
  expect(manager.metrics().record_problems).toBe(4);
  expect(manager.state.hosts?.get("bad")).toEqual({ id: "bad", n: "three", zone: "us" });
  expect(manager.version).toBe(4);
});

test("[E6] an unrelated patch of such a record says which record it is and why; one that mends it is taken", async () => {
  const manager = await opened(modelOf(Host));
  const patched = (data: Change["data"]) => manager.apply({ type: "host_updated", target: "bad", data });

  const refused = await passing(Promise.allSettled([patched({ zone: "asia" })]));
  const mended = await passing(patched({ n: 3 }));

  expect(refused).toMatchObject([
    { reason: { code: "invalid_change", message: hint("hosts/bad at n"), hint: hint("stored") } },
  ]);
  expect(mended.version).toBe(5);
  expect(manager.state.hosts?.get("bad")).toEqual({ id: "bad", n: 3, zone: "us" });
});

test("[E6] what `migrate` mends is no problem any more; a default is given by putting a record as it is", async () => {
  const migrate = ((state: StateManager["state"]) => [
    { type: "host_updated", target: "bad", data: { n: 3 } },
    { type: "host_added", target: "bare", data: { ...state.hosts?.get("bare") } },
  ]) as never;
  const manager = await opened(modelOf(Host), { migrate });

  expect(manager.problems.found).toMatchObject([{ space: "out/1" }]);
  expect(manager.state.hosts?.get("bare")).toEqual({ id: "bare", n: 2, zone: "eu" });
});

test("[B46] so many problems are listed, and all are counted; a state beyond its bound is one", async () => {
  const manager = await opened(modelOf(Host), { limits: { problems: 2, stateBytes: 150 } });

  expect(manager.problems.count).toBe(4);
  expect(manager.problems.found).toMatchObject([
    { space: "main", record: null, kind: "too_large", why: hint("stateBytes") },
    { record: { id: "bare" } },
  ]);
});

test.each([
  ["an error", new Error("no such zone"), "no such zone"],
  ["what has no text", Object.create(null), "it does not say why"],
])("[E6] a validator that throws %s is a problem of the record, not of the start", async (_, thrown, why) => {
  const throwing = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (): never => {
        throw thrown;
      },
    },
  } as const;
  const model = defineModel({ ...loose, collections: { ...loose.collections, hosts: collection(throwing) } } as Model);

  const manager = await opened(model);

  expect(manager.problems.count).toBe(4);
  expect(manager.problems.found[0]).toMatchObject({ kind: "refused", why });
});

test("[E6] nothing wrong, nothing told", async () => {
  const manager = await opened(loose);

  expect(manager.problems).toEqual({ count: 0, found: [] });
  expect(told).toEqual([]);
});
