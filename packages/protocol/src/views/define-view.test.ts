import { describe, expect, test } from "vitest";
import { collection, defineModel, put } from "../model/model.ts";
import { defineView, through } from "./define-view.ts";
import { throughLens } from "./lens.ts";

const model = defineModel({
  model: 1,
  collections: {
    hosts: collection<{
      readonly id: string;
      readonly team: string;
      readonly load?: number;
      readonly secret?: string;
    }>(),
    commands: collection<{ readonly id: string; readonly host: string }>(),
  },
  changes: { host_added: put("hosts"), command_added: put("commands") },
});

const roles = {
  operator: { hosts: "*", commands: "*" },
  guest: { hosts: ["load"] },
  auditor: { hosts: ["secret", "id"] },
} as const;
const views = defineView(model, { keys: { hosts: ({ team }) => [`team:${team}`, "*"] }, roles });
const HOST = { id: "1", team: "web", load: 1, secret: "s" };

describe("[V2] what a view shows", () => {
  test("is a record by its keys, with the fields of all roles that apply", () => {
    const view = views.of({ "team:web": "guest", "*": "auditor" });
    const both = view.lens("hosts", views.keysOf("hosts", HOST));
    const one = view.lens("hosts", ["*"]);

    expect(both && throughLens(HOST, both)).toEqual({ id: "1", load: 1, secret: "s" });
    expect(one && throughLens(HOST, one)).toEqual({ id: "1", secret: "s" });
    expect(view.lens("hosts", ["team:db"])).toBeNull();
    expect(view.lens("commands", ["*"])).toBeNull();
  });

  test("is the same where the grants show the same, however they are written", () => {
    const other = defineView(model, { keys: { hosts: () => [] }, roles: { visitor: { hosts: ["load"] } } });

    expect(views.of({ a: "guest", b: "operator" }).text).toBe(views.of({ b: "operator", a: "guest" }).text);
    expect(other.of({ a: "visitor" }).text).toBe(views.of({ a: "guest" }).text);
    expect(views.of({ a: "operator" }).text).not.toBe(views.of({ a: "guest" }).text);
  });

  test("has a bound on its grants", () => {
    const grants = Object.fromEntries(Array.from({ length: 257 }, (_, at) => [`key ${at}`, "guest"] as const));

    expect(() => views.of(grants)).toThrow("at most 256 grants");
  });
});

describe("[V1] keys", () => {
  test("come in order, each once", () => {
    const { keysOf } = {
      keysOf: (keys: readonly string[]) =>
        defineView(model, { keys: { hosts: () => keys }, roles }).keysOf("hosts", HOST),
    };

    expect(keysOf(["b", "a", "b"])).toEqual(["a", "b"]);
    expect(keysOf([])).toEqual([]);
    expect(views.keysOf("commands", { id: "c" })).toEqual([]);
  });

  test.each([
    ["a text", "team"],
    ["more than 64 keys", Array.from({ length: 65 }, (_, at) => `${at}`)],
    ["an empty key", [""]],
    ["a key of more than 128 units", ["x".repeat(129)]],
    ["half of a surrogate pair", ["\ud800"]],
    ["a NUL", ["a\0b"]],
    ["something that is no text", [1]],
  ])("that are %s refuse the change", (_, keys) => {
    const broken = defineView(model, { keys: { hosts: () => keys as readonly string[] }, roles });

    expect(() => broken.keysOf("hosts", HOST)).toThrow(expect.objectContaining({ code: "invalid_change" }));
  });

  test("that can't be computed refuse the change, and say why", () => {
    const broken = defineView(model, {
      keys: {
        hosts: () => {
          throw new Error("no team");
        },
      },
      roles,
    });

    expect(() => broken.keysOf("hosts", HOST)).toThrow("hosts/1: its keys can't be computed: Error: no team");
  });
});

test("[V1] a declaration that can't be meant is a bug, which is named", () => {
  const declared =
    (keys: object, given: object = roles) =>
    () =>
      defineView(model, { keys, roles: given } as never);

  expect(declared({ users: () => [] })).toThrow('the model has no collection "users"');
  expect(declared({ commands: through("hosts", "host") })).toThrow(
    'those of "hosts", for which no function gives keys',
  );
  expect(declared({}, { guest: { users: "*" } })).toThrow('names the collection "users"');
  expect(() => views.of({ a: "nobody" as "guest" })).toThrow('there is no role "nobody"');
  expect(() => defineModel({ model: 1, collections: { "~hosts": collection() }, changes: {} })).toThrow(
    "can't be the name",
  );
});

/** Never called: the compiler reads it. Each line below a directive must not compile, or the compiler complains. */
export function linesThatMustNotCompile(): void {
  defineView(model, {
    keys: { hosts: ({ team }) => [team], commands: through("hosts", "host") },
    roles: { guest: { hosts: ["load"] } },
  });
  // @ts-expect-error the model has no such collection
  defineView(model, { keys: { users: () => [] }, roles });
  // @ts-expect-error a host has no such field
  defineView(model, { keys: { hosts: ({ owner }) => [owner] }, roles });
  // @ts-expect-error a role shows no such field
  defineView(model, { keys: {}, roles: { guest: { hosts: ["owner"] } } });
  // @ts-expect-error there is no such collection to go through
  defineView(model, { keys: { hosts: () => [], commands: through("users", "host") }, roles });
  // @ts-expect-error a command has no such field to go through
  defineView(model, { keys: { hosts: () => [], commands: through("hosts", "owner") }, roles });
  // @ts-expect-error there is no such role
  views.of({ "*": "nobody" });
}
