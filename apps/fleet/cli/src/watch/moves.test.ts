import type { StateRecord } from "@neverstale/protocol";
import { expect, test } from "vitest";
import { compareStates, copyOf } from "../verify/compare.ts";
import { jsonOf, lineOf, Shadow } from "./moves.ts";

const NAMES = ["hosts", "commands"];

test("each record that moved is one move, the others none", () => {
  const shadow = new Shadow();
  const same = { id: "a", online: true };
  const before = {
    hosts: new Map<string, StateRecord>([
      ["a", same],
      ["b", { id: "b", online: true }],
      ["c", { id: "c", online: true }],
    ]),
  };
  const after = {
    hosts: new Map<string, StateRecord>([
      ["a", same],
      ["b", { id: "b", online: false, load: 1 }],
      ["d", { id: "d", online: true }],
    ]),
  };

  expect(shadow.moves(before, NAMES)).toHaveLength(3);
  const moves = shadow.moves(after, NAMES);

  expect(moves.map(lineOf)).toEqual([
    "~ hosts/b online: true -> false, load: nothing -> 1",
    '+ hosts/d {"online":true}',
    "- hosts/c",
  ]);
  expect(moves.map((move) => JSON.parse(jsonOf(move, 7)))).toEqual([
    { version: 7, change: "changed", collection: "hosts", id: "b", record: { id: "b", online: false, load: 1 } },
    { version: 7, change: "added", collection: "hosts", id: "d", record: { id: "d", online: true } },
    { version: 7, change: "removed", collection: "hosts", id: "c" },
  ]);
  expect(shadow.moves(after, NAMES)).toEqual([]);
});

test("a record that one side lacks, or has otherwise, is a difference; the order of keys and records is none", () => {
  const replica = {
    hosts: new Map<string, StateRecord>([
      ["a", { id: "a", x: 1, y: 2 }],
      ["b", { id: "b" }],
      ["c", { id: "c", x: 1 }],
    ]),
  };
  const authority = {
    hosts: [
      { id: "c", x: 2 },
      { y: 2, x: 1, id: "a" },
    ],
    commands: [{ id: "k" }],
  };

  const differences = compareStates(replica, authority);

  expect(differences).toEqual([
    { collection: "hosts", id: "b", replica: { id: "b" }, authority: null },
    { collection: "hosts", id: "c", replica: { id: "c", x: 1 }, authority: { id: "c", x: 2 } },
    { collection: "commands", id: "k", replica: null, authority: { id: "k" } },
  ]);
  expect(compareStates(replica, { hosts: [...replica.hosts.values()] })).toEqual([]);
});

test("a copy doesn't follow what happens to the state afterwards", () => {
  const state = { hosts: new Map<string, StateRecord>([["a", { id: "a" }]]) };

  const copy = copyOf(state, ["hosts"]);
  state.hosts.clear();

  expect(compareStates(copy, { hosts: [{ id: "a" }] })).toEqual([]);
});
