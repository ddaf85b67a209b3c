import { expect, test } from "vitest";
import { collection, defineModel, type Model, patch, put, RECORD_EVICTED, remove } from "./model.ts";

const collections = { hosts: collection() };

test("[S1] a model declares its change types as data", () => {
  const model = defineModel({
    model: 3,
    collections: { hosts: collection(null, { keep: { newest: 2, where: { status: ["gone"] } }, ephemeral: true }) },
    changes: { host_added: put("hosts"), host_updated: patch("hosts"), host_removed: remove("hosts") },
  });

  expect(model.changes.host_updated).toEqual({ kind: "patch", collection: "hosts" });
  expect(model.collections.hosts).toEqual({
    validator: null,
    keep: { newest: 2, where: { status: ["gone"] } },
    ephemeral: true,
  });
});

test("[S3] [S6] a collection keeps everything and is not ephemeral unless it says so", () => {
  expect(collection()).toEqual({ validator: null, keep: null, ephemeral: false });
});

const WRONG: [string, Model, string][] = [
  ["a negative model number", { model: -1, collections, changes: {} }, "whole number"],
  ["a fractional model number", { model: 1.5, collections, changes: {} }, "whole number"],
  ["a change of no collection", { model: 1, collections, changes: { a: put("events") } }, "doesn't have"],
  ["a change of an inherited name", { model: 1, collections, changes: { a: put("toString") } }, "doesn't have"],
  ["a camelCase change type", { model: 1, collections, changes: { hostAdded: put("hosts") } }, "snake_case"],
  ["an empty change type", { model: 1, collections, changes: { "": put("hosts") } }, "snake_case"],
  [
    "the authority's own change",
    { model: 1, collections, changes: { [RECORD_EVICTED]: remove("hosts") } },
    "own change",
  ],
  ["a collection of a refused name", { model: 1, collections: { constructor: collection() }, changes: {} }, "can't be"],
  [
    "options in the place of the schema",
    { model: 1, collections: { a: collection({ keep: { newest: 1 } } as never) }, changes: {} },
    "no Standard Schema",
  ],
  [
    "a change of no known kind",
    { model: 1, collections, changes: { a: { kind: "upsert" as "put", collection: "hosts" } } },
    "none of put, patch and remove",
  ],
  [
    "a put that refuses what is missing",
    { model: 1, collections, changes: { a: { ...put("hosts"), missing: "refuse" } } },
    "`missing`",
  ],
  [
    "an unknown word for what is missing",
    { model: 1, collections, changes: { a: patch("hosts", { missing: "ignore" as "pass" }) } },
    "`missing`",
  ],
  [
    "a keep of nothing",
    { model: 1, collections: { a: collection(null, { keep: { newest: 0 } }) }, changes: {} },
    "newest",
  ],
];

test.each(WRONG)("a model with %s is refused where it is declared", (_, model, message) => {
  expect(() => defineModel(model)).toThrow(message);
});
