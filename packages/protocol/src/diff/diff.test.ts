import fc from "fast-check";
import { expect, test } from "vitest";
import { anyChange, anyState, testModel } from "../arbitraries-suite.ts";
import type { AnyState, StateRecord, WireState } from "../json/json.ts";
import { effectOf } from "../model/change.ts";
import {
  applyDiff,
  type CollectionDraft,
  type Diff,
  diffRecord,
  diffStates,
  fromWireState,
  type MutableState,
  toWireState,
} from "./diff.ts";

const before: WireState = { hosts: [{ id: "a", x: 1, y: 2 }, { id: "b", x: 1 }, { id: "c" }] };

function applied(state: AnyState, diff: Diff): MutableState {
  const copy = copyOf(state);
  expect(applyDiff(copy, diff)).toBe(true);
  return copy;
}

function copyOf(state: AnyState): MutableState {
  return fromWireState(toWireState(state));
}

/** As plain data, without collections that are empty: what a state shows. */
function shown(state: AnyState): unknown {
  const entries = Object.entries(state).filter(([, records]) => records.size > 0);
  return Object.fromEntries(entries.map(([name, records]) => [name, Object.fromEntries(records)]));
}

test("a diff puts, sets, unsets and removes", () => {
  const diff: Diff = {
    hosts: { put: [{ id: "d", z: 1 }], set: { a: { x: 5 } }, unset: { a: ["y"], b: ["x"] }, remove: ["c", "never"] },
    events: { put: [{ id: "e" }] },
  };

  const after = applied(fromWireState(before), diff);

  expect(shown(after)).toEqual({
    hosts: { a: { id: "a", x: 5 }, b: { id: "b" }, d: { id: "d", z: 1 } },
    events: { e: { id: "e" } },
  });
});

test("a diff that alters a record that isn't there is refused whole", () => {
  for (const altering of [{ set: { z: { x: 1 } } }, { unset: { z: ["x"] } }, { set: { toString: { x: 1 } } }]) {
    const state = fromWireState(before);
    expect(applyDiff(state, { hosts: { put: [{ id: "n" }] }, events: altering } as unknown as Diff)).toBe(false);
    expect(applyDiff(state, { hosts: { remove: ["a"], ...altering } } as unknown as Diff)).toBe(false);
    expect(toWireState(state)).toEqual(before);
  }
});

test("records and collections named like members of Object.prototype are moved like any", () => {
  const state = fromWireState({
    valueOf: [
      { id: "toString", x: 1 },
      { id: "valueOf", y: 1 },
    ],
  } as unknown as WireState);

  const diff = JSON.parse(
    '{"valueOf": {"set": {"toString": {"x": 2}}, "unset": {"valueOf": ["y"]}}, "toString": {"put": [{"id": "constructed"}]}}',
  ) as Diff;

  expect(shown(applied(state, diff))).toEqual({
    valueOf: { toString: { id: "toString", x: 2 }, valueOf: { id: "valueOf" } },
    toString: { constructed: { id: "constructed" } },
  });
});

test("records are replaced, never altered, and those that did not move stay the same", () => {
  const state = fromWireState(before);
  const [a, b] = [state.hosts?.get("a"), state.hosts?.get("b")];

  applyDiff(state, { hosts: { set: { a: { x: 9 } } } });

  expect(a).toEqual({ id: "a", x: 1, y: 2 });
  expect(state.hosts?.get("a")).not.toBe(a);
  expect(state.hosts?.get("b")).toBe(b);
});

test("whoever listens hears of each record that moved, with what it was and what it is", () => {
  const heard: unknown[] = [];
  const diff: Diff = {
    hosts: { put: [{ id: "d" }], set: { a: { x: 5 } }, unset: { b: ["x"] }, remove: ["c", "never"] },
  };

  applyDiff(fromWireState(before), diff, (...moved) => heard.push(moved));

  expect(heard).toEqual([
    ["hosts", "d", undefined, { id: "d" }],
    ["hosts", "a", { id: "a", x: 1, y: 2 }, { id: "a", x: 5, y: 2 }],
    ["hosts", "b", { id: "b", x: 1 }, { id: "b" }],
    ["hosts", "c", { id: "c" }, undefined],
  ]);
});

test("a diff names top-level fields and carries whole values", () => {
  const draft: CollectionDraft = {};

  const moved = diffRecord(draft, "a", { id: "a", os: { n: 1, v: 1 }, x: 1 }, { id: "a", os: { n: 1, v: 2 }, y: 1 });

  expect(moved).toBe(true);
  expect(draft).toEqual({ set: { a: { os: { n: 1, v: 2 }, y: 1 } }, unset: { a: ["x"] } });
});

test("a record that is as it was adds nothing to a diff", () => {
  const draft: CollectionDraft = {};

  expect(diffRecord(draft, "a", { id: "a", x: [1] }, { x: [1], id: "a" })).toBe(false);
  expect(diffRecord(draft, "a", undefined, undefined)).toBe(false);
  expect(draft).toEqual({});
});

test("[P1] the diff between two states turns the one into the other", () => {
  fc.assert(
    fc.property(anyState, anyState, (from, to) => {
      const diff = JSON.parse(JSON.stringify(diffStates(from, to))) as Diff;
      expect(shown(applied(from, diff))).toEqual(JSON.parse(JSON.stringify(shown(to))));
    }),
  );
});

test("[P1] the diff between a state and itself is empty", () => {
  fc.assert(
    fc.property(anyState, (state) => {
      expect(diffStates(state, copyOf(state))).toEqual({});
    }),
  );
});

test("[S1] a diff made from the records before and after says what the changes between them did", () => {
  fc.assert(
    fc.property(anyState, fc.array(anyChange, { maxLength: 10 }), (from, changes) => {
      const to = new Map<string, StateRecord>(from.hosts);
      for (const change of changes) {
        const { id, after } = effectOf(testModel, change, (_, wanted) => to.get(wanted));
        if (after === null) to.delete(id);
        else to.set(id, after);
      }

      const diff = diffStates({ hosts: from.hosts }, { hosts: to });

      expect(shown(applied({ hosts: from.hosts }, diff))).toEqual(shown({ hosts: to }));
    }),
  );
});

test("a state goes over the wire as lists and comes back as maps", () => {
  fc.assert(
    fc.property(anyState, (state) => {
      const wire = JSON.parse(JSON.stringify(toWireState(state))) as WireState;
      expect(shown(fromWireState(wire))).toEqual(JSON.parse(JSON.stringify(shown(state))));
    }),
  );
});
