import type { StandardSchemaV1 } from "@standard-schema/spec";
import fc from "fast-check";
import { expect, test } from "vitest";
import { anyChange, anyRecord, anyState, testModel } from "../arbitraries-suite.ts";
import { mergePatch } from "../diff/merge-patch.ts";
import type { JsonObject, StateRecord } from "../json/json.ts";
import { bytesOfJson } from "../json/json-bytes.ts";
import { freezeJson } from "../json/take-json.ts";
import { type Change, type Effect, effectOf, effectOfTaken, recordIdOf, takeChange } from "./change.ts";
import { collection, defineModel, patch, put, RECORD_EVICTED, remove } from "./model.ts";

const web1: StateRecord = { id: "web-1", status: "up", os: { name: "debian", version: "13" } };

function effect(type: string, target: string, data: JsonObject, before?: StateRecord): Effect {
  return effectOf(testModel, { type, target, data }, (_, id) => (before?.id === id ? before : undefined));
}

test("[S1] a put inserts the record under `target`, and the record carries the id", () => {
  const { change, id, after, moved, patch } = effect("host_added", "web-1", { status: "up" });

  expect(after).toEqual({ id: "web-1", status: "up" });
  expect([id, moved, patch]).toEqual(["web-1", true, null]);
  expect(change).toEqual({ type: "host_added", target: "web-1", data: { id: "web-1", status: "up" } });
});

test("[S1] `data.id` goes before `target`, and null means that it isn't there", () => {
  expect(effect("host_added", "web-1", { id: "db-1" }).after).toEqual({ id: "db-1" });
  expect(effect("host_added", "web-1", { id: null }).after).toEqual({ id: "web-1" });
  expect(effect("host_updated", "web-1", { id: null, status: "down" }, web1).after).toEqual({
    ...web1,
    status: "down",
  });
});

test("[S1] a put replaces the whole record, and says what that patched", () => {
  const { after, patch, moved } = effect("host_added", "web-1", { status: "down" }, web1);

  expect(after).toEqual({ id: "web-1", status: "down" });
  expect(patch).toEqual({ status: "down", os: null });
  expect(moved).toBe(true);
});

test("[S1] null and absent mean the same in a put", () => {
  expect(effect("host_added", "web-1", { status: null, os: { name: null } }).after).toEqual({ id: "web-1", os: {} });
});

test("[S1] a patch's effective data is the patch from the record before to the record stored", () => {
  const given = { status: "up", cpu: 3, gone: null, os: { version: null } };

  const { change, after, patch } = effect("host_updated", "web-1", given, web1);

  expect(after).toEqual({ id: "web-1", status: "up", cpu: 3, os: { name: "debian" } });
  expect(change.data).toEqual({ cpu: 3, os: { version: null } });
  expect(patch).toEqual({ cpu: 3, os: { version: null } });
});

test("[S1] a field named like a member of Object.prototype is set and deleted like any", () => {
  const before = { id: "web-1", toString: "mine" } as unknown as StateRecord;

  const { change, after } = effect(
    "host_updated",
    "web-1",
    { toString: null, valueOf: 1 } as unknown as JsonObject,
    before,
  );

  expect(JSON.parse(JSON.stringify(change.data))).toEqual({ toString: null, valueOf: 1 });
  expect(Object.keys(after ?? {})).toEqual(["id", "valueOf"]);
});

test("[S1] a patch whose id is in `data` keeps it there, so that its reader finds it", () => {
  const { change, patch } = effect("host_updated", "", { id: "web-1", status: "down" }, web1);

  expect(change).toEqual({ type: "host_updated", target: "", data: { id: "web-1", status: "down" } });
  expect(patch).toEqual({ status: "down" });
});

test("[S1] a remove takes the record away and carries nothing but its id", () => {
  const { change, after, moved } = effect("host_removed", "", { id: "web-1", why: "retired" }, web1);

  expect([after, moved]).toEqual([null, true]);
  expect(change).toEqual({ type: "host_removed", target: "", data: { id: "web-1" } });
});

test("[S2] a patch or a remove of an id that isn't there changes nothing and is still a change", () => {
  for (const type of ["host_updated", "host_removed"]) {
    const { change, after, moved } = effect(type, "web-9", { status: "up" }, web1);
    expect([after, moved]).toEqual([null, false]);
    expect(change).toEqual({ type, target: "web-9", data: {} });
  }
});

test("[S2] a change that says what is so already moves nothing and keeps the record itself", () => {
  for (const type of ["host_added", "host_updated"]) {
    const { after, moved, patch } = effect(type, "web-1", structuredClone(web1), web1);
    expect(after).toBe(web1);
    expect([moved, patch]).toEqual([false, null]);
  }
});

test("[S3] an eviction removes the record of the collection that it names", () => {
  const data = { collection: "hosts", id: "web-1" };

  const { change, after, collection } = effect(RECORD_EVICTED, "", { ...data, note: 1 }, web1);

  expect([after, collection]).toEqual([null, "hosts"]);
  expect(change.data).toEqual(data);
});

test("[S1] a change that removes needs no data", () => {
  const asked = { type: "host_removed", target: "web-1" };

  const { change, after, moved } = effectOf(testModel, asked, () => web1);

  expect([after, moved]).toEqual([null, true]);
  expect(change).toEqual({ ...asked, data: {} });
});

const strictRules = defineModel({
  model: 1,
  collections: { hosts: collection() },
  changes: {
    host_updated: patch("hosts", { missing: "refuse" }),
    host_removed: remove("hosts", { missing: "refuse" }),
    host_forgotten: remove("hosts", { missing: "pass" }),
  },
});

test("[S2] where the model says so, a patch or a remove of an id that isn't there is refused", () => {
  const missing = { code: "invalid_change", message: expect.stringContaining('no record "web-9" in "hosts"') };

  for (const type of ["host_updated", "host_removed"]) {
    const asked = { type, target: "web-9", data: {} };
    expect(() => effectOf(strictRules, asked, () => undefined)).toThrow(expect.objectContaining(missing));
    expect(effectOf(strictRules, asked, () => web1).collection).toBe("hosts");
  }
  expect(effectOf(strictRules, { type: "host_forgotten", target: "web-9" }, () => undefined).moved).toBe(false);
});

/** Every object and list within a value, itself included. */
function partsOf(value: unknown): object[] {
  if (typeof value !== "object" || value === null) return [];
  return [value, ...Object.values(value).flatMap(partsOf)];
}

test("[S1] whatever an effect is made of is frozen, and nothing of it is the caller's", () => {
  fc.assert(
    fc.property(anyState, anyChange, ({ hosts }, asked) => {
      for (const model of [testModel, passingModel]) {
        const records = new Map([...hosts].map(([id, record]) => [id, freezeJson(record)]));
        const { change, after, patch } = effectOf(model, asked, (_, id) => records.get(id));
        const parts = [change, after, patch].flatMap(partsOf);
        expect(parts.filter((part) => !Object.isFrozen(part))).toEqual([]);
        expect(parts.filter((part) => partsOf(asked).includes(part))).toEqual([]);
      }
    }),
  );
});

test("[S1] what a validator keeps of its output is not what is stored", () => {
  const kept: Record<string, unknown>[] = [];
  const schema: StandardSchemaV1 = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) => {
        const output = { ...(value as object), tags: ["a"] };
        kept.push(value as Record<string, unknown>, output);
        return { value: output };
      },
    },
  };
  const model = defineModel({
    model: 1,
    collections: { hosts: collection(schema) },
    changes: { host_added: put("hosts") },
  });

  const { after, change } = effectOf(model, { type: "host_added", target: "a", data: { x: [1] } }, () => undefined);
  for (const value of kept) {
    for (const list of [value.tags, value.x]) (list as unknown[] | undefined)?.push("edited");
    value.status = "edited";
  }

  expect(after).toEqual({ id: "a", x: [1], tags: ["a"] });
  expect(change.data).toEqual(after);
});

const REFUSED: [string, unknown][] = [
  ["that is null", null],
  ["that is not there", undefined],
  ["that is a text", "host_added"],
  ["that is a list", []],
  ["whose type is a list", { type: ["host_added"], target: "a", data: {} }],
  ["whose type is a symbol", { type: Symbol("host_added"), target: "a", data: {} }],
  ["that puts without data", { type: "host_added", target: "a" }],
  ["that patches without data", { type: "host_updated", target: "a" }],
  ["that removes with null for data", { type: "host_removed", target: "a", data: null }],
  ["whose target is missing", { type: "host_added", data: { id: "a" } }],
  ["whose id is an object", { type: "host_removed", target: "a", data: { id: {} } }],
  ["whose data is an instance of a class", { type: "host_added", target: "a", data: new Date(0) }],
  ["whose data comes later", { type: "host_added", target: "a", data: Promise.resolve({}) }],
  ["of an unknown type", { type: "host_exploded", target: "web-1", data: {} }],
  ["of an inherited type", { type: "toString", target: "web-1", data: {} }],
  ["of no id", { type: "host_added", target: "", data: {} }],
  ["whose id is a number", { type: "host_added", target: "web-1", data: { id: 7 } }],
  ["whose id is __proto__", { type: "host_added", target: "__proto__", data: {} }],
  ["whose id holds U+0000", { type: "host_updated", target: "", data: { id: "a\0b" } }],
  ["whose target is refused, though it has an id", { type: "host_removed", target: "constructor", data: { id: "a" } }],
  ["whose target is no string", { type: "host_added", target: 7, data: { id: "a" } }],
  ["whose data is a list", { type: "host_added", target: "a", data: [] }],
  ["whose data is null", { type: "host_added", target: "a", data: null }],
  ["with a refused key in a put", { type: "host_added", target: "a", data: JSON.parse('{"os": {"__proto__": 1}}') }],
  ["with a refused key in a patch", { type: "host_updated", target: "a", data: JSON.parse('{"__proto__": {"a": 1}}') }],
  ["with half of a surrogate pair", { type: "host_updated", target: "a", data: { status: "\ud800" } }],
  ["with a number that isn't finite", { type: "host_added", target: "a", data: { cpu: Number.NaN } }],
  ["that evicts from no collection", { type: RECORD_EVICTED, target: "", data: { id: "a" } }],
  ["that evicts from an unknown collection", { type: RECORD_EVICTED, target: "", data: { collection: "x", id: "a" } }],
  ["that evicts without data", { type: RECORD_EVICTED, target: "", data: null }],
];

test.each(REFUSED)("[S4] a change %s is refused", (_, change) => {
  expect(() => effectOf(testModel, change as Change, () => undefined)).toThrow(
    expect.objectContaining({ code: "invalid_change" }),
  );
});

test("[S4] nothing that was refused has reached a prototype", () => {
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as Record<string, unknown>).a).toBeUndefined();
});

test("[S2] applied again to what it made, a change changes nothing", () => {
  fc.assert(
    fc.property(anyState, anyChange, ({ hosts }, change) => {
      const first = effectOf(testModel, change, (_, id) => hosts.get(id));
      const again = effectOf(testModel, change, () => first.after ?? undefined);
      expect(again.after).toEqual(first.after);
      expect(again.moved).toBe(false);
    }),
  );
});

test("[S1] the effective change does from the same state what the change did", () => {
  fc.assert(
    fc.property(anyState, anyChange, ({ hosts }, change) => {
      const read = (_: string, id: string) => hosts.get(id);
      const first = effectOf(testModel, change, read);
      const replayed = effectOf(testModel, JSON.parse(JSON.stringify(first.change)), read);
      expect(recordIdOf(first.change)).toBe(first.id);
      expect(replayed.after).toEqual(JSON.parse(JSON.stringify(first.after)));
      expect([replayed.id, replayed.moved]).toEqual([first.id, first.moved]);
    }),
  );
});

test("[S1] an effect's patch turns the record before into the record after", () => {
  fc.assert(
    fc.property(anyRecord("web-1"), anyChange, (fields, change) => {
      const before = { ...fields, id: recordIdOf(change) };
      const { after, patch, moved } = effectOf(testModel, change, () => before);
      if (moved && after !== null) expect(mergePatch(before, patch ?? {})).toEqual(after);
      else expect(patch).toBeNull();
    }),
  );
});

test("[S8] an effect says how many bytes its record and its data have", () => {
  fc.assert(
    fc.property(anyState, anyChange, ({ hosts }, asked) => {
      for (const model of [testModel, passingModel]) {
        const change = takeChange(model, asked);
        const record = freezeJson(hosts.get(change.id) ?? null);
        const bytes = record === null ? 0 : bytesOfJson(record);
        const { after, change: effective, recordBytes, dataBytes } = effectOfTaken(model, change, { record, bytes });
        expect(recordBytes).toBe(after === null ? 0 : bytesOfJson(after));
        expect(dataBytes).toBe(bytesOfJson(effective.data));
      }
    }),
    { numRuns: 500 },
  );
});

/** Gives out what it was given: everything goes through a validator and stays what it was. */
const passes: StandardSchemaV1 = { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } };
const passingModel = { ...testModel, collections: { hosts: collection(passes) } };

/** Trims the status, adds a default, drops what it doesn't know (also `id`), and refuses an empty status. */
const hostSchema: StandardSchemaV1<unknown, { status: string; tags: string[] }> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => {
      const { status, tags } = value as { status?: string; tags?: string[] };
      if (!status?.trim()) return { issues: [{ message: "a status is needed", path: ["status", { key: 0 }] }] };
      return { value: { status: status.trim(), tags: tags ?? [] } };
    },
  },
};

const strictModel = defineModel({
  model: 1,
  collections: { hosts: collection(hostSchema) },
  changes: { host_added: put("hosts"), host_updated: patch("hosts"), host_removed: remove("hosts") },
});

test("[S1] the validator's output is what is stored, with the id", () => {
  const change = { type: "host_added", target: "web-1", data: { status: " up ", junk: 1 } };

  const { after, change: effective } = effectOf(strictModel, change, () => undefined);

  expect(after).toEqual({ id: "web-1", status: "up", tags: [] });
  expect(effective.data).toEqual(after);
});

test("[S1] the record is validated after the patch, and the effective patch is of what is stored", () => {
  const before = { id: "web-1", status: "up" };
  const change = { type: "host_updated", target: "web-1", data: { status: " down ", junk: 1 } };

  const { after, change: effective } = effectOf(strictModel, change, () => before);

  expect(after).toEqual({ id: "web-1", status: "down", tags: [] });
  expect(effective.data).toEqual({ status: "down", tags: [] });
  expect(effectOf(testModel, effective, () => before).after).toEqual(after);
});

test("[S1] what the validator refuses is refused with its message and path", () => {
  const change = { type: "host_updated", target: "web-1", data: { status: null } };

  expect(() => effectOf(strictModel, change, () => ({ id: "web-1", status: "up" }))).toThrow(
    expect.objectContaining({
      code: "invalid_change",
      message: expect.stringContaining("hosts/web-1 at status.0: a status"),
    }),
  );
});

test("[S1] a validator's output is held to the same rules", () => {
  const outputs: [unknown, string][] = [
    [{ at: new Date(0) }, "not a plain object"],
    ["a text", "gave no object"],
    [null, "gave no object"],
  ];
  for (const [value, message] of outputs) {
    expect(() => effectOf(modelWith({ value }), added, () => undefined)).toThrow(
      expect.objectContaining({ code: "invalid_change", message: expect.stringContaining(message) }),
    );
  }
  expect(effectOf(modelWith({ value: { a: null, id: "other" } }), added, () => undefined).after).toEqual({
    id: "web-1",
  });
});

test("[S1] what a validator does to its very input is in the effective change", () => {
  const schema: StandardSchemaV1 = { "~standard": { version: 1, vendor: "test", validate: rounded } };
  const rounding = defineModel({
    model: 1,
    collections: { hosts: collection(schema) },
    changes: { host_updated: patch("hosts") },
  });
  const change = { type: "host_updated", target: "web-1", data: { cpu: 1.6 } };

  const { after, change: effective } = effectOf(rounding, change, () => ({ id: "web-1", cpu: 1 }));

  expect(after).toEqual({ id: "web-1", cpu: 2 });
  expect(effective.data).toEqual({ cpu: 2 });
});

function rounded(value: unknown): StandardSchemaV1.Result<unknown> {
  const record = value as { cpu: number };
  record.cpu = Math.round(record.cpu);
  return { value: record };
}

test("a validator that answers later is a bug of the model", () => {
  for (const later of [Promise.resolve({ value: {} }), Promise.reject(new Error("too late"))]) {
    expect(() => effectOf(modelWith(later), added, () => undefined)).toThrow("asynchronous");
  }
});

const added: Change = { type: "host_added", target: "web-1", data: {} };

function modelWith(result: StandardSchemaV1.Result<unknown> | Promise<StandardSchemaV1.Result<unknown>>) {
  const schema: StandardSchemaV1 = { "~standard": { version: 1, vendor: "test", validate: () => result } };
  return defineModel({ model: 1, collections: { hosts: collection(schema) }, changes: { host_added: put("hosts") } });
}
