import { type Change, digestOf, type StateRecord } from "@neverstale/protocol";
import type { ChainEntry } from "@neverstale/server/store";
import { expect, test } from "vitest";
import { changesToText } from "../../../../packages/server/src/store/change-text.ts";
import { History, requireTerms } from "./history.ts";
import { KeyedLedger } from "./keyed-ledger.ts";
import { ShownStates } from "./shown-states.ts";

// A script is only worth what its judges find. Here each of them meets what it has to find.

const RULES = { host_added: { kind: "put", collection: "hosts" } } as const;

/** Version n adds the host `hn`. In the first epoch there are two versions, in the second one the rest. */
function history(versions: number): History {
  const log = Array.from({ length: versions }, (_, index) => {
    const change: Change = { type: "host_added", target: `h${index + 1}`, data: { n: index + 1 } };
    return { firstVersion: index + 1, changes: changesToText([change], RULES) };
  });
  const lineage = [
    { epoch: "first", firstVersion: 1 },
    { epoch: "second", firstVersion: 3 },
  ];
  return History.of(["first", "second"], lineage, log);
}

function digestAt(version: number): string {
  const ids = Array.from({ length: version }, (_, index) => index + 1);
  const hosts = new Map<string, StateRecord>(ids.map((n) => [`h${n}`, { id: `h${n}`, n }]));
  return digestOf({ hosts });
}

function shown(...positions: readonly [epoch: string, version: number, digest: string][]): ShownStates {
  const states = new ShownStates();
  for (const [epoch, version, digest] of positions) states.note({ epoch, version, digest });
  return states;
}

test("what was shown is right where it is the state of its version, and its epoch reaches as far", () => {
  expect(shown(["first", 2, digestAt(2)], ["second", 4, digestAt(4)]).judge(history(4), null)).toEqual({
    right: 2,
    lost: 0,
  });
});

test("a wrong state, two states at one position, and a position that the history does not hold are found", () => {
  const wrong = shown(["first", 2, digestAt(1)]);
  const two = shown(["second", 3, digestAt(3)], ["second", 3, digestAt(2)]);
  const beyond = shown(["first", 2, digestAt(2)], ["first", 3, digestAt(3)]);
  const foreign = shown(["first", 2, digestAt(2)], ["third", 1, digestAt(1)]);

  for (const states of [wrong, two, beyond, foreign]) expect(() => states.judge(history(4), null)).toThrow();
});

test("behind the end of a database that lost its tail a position is lost, and before it every epoch has the same state", () => {
  const lost = shown(["first", 2, digestAt(2)], ["first", 3, "0123456789abcdef"]);
  expect(lost.judge(history(4), 2)).toEqual({ right: 1, lost: 1 });

  const wrong = shown(["lost", 2, "0123456789abcdef"]);
  expect(() => wrong.judge(history(4), 2)).toThrow(/wrong state/);
});

function acknowledged(...entries: readonly [n: number, epoch: string, version: number][]): KeyedLedger {
  const ledger = new KeyedLedger();
  for (const [n, epoch, version] of entries) ledger.note({ n, epoch, version, at: 0 });
  return ledger;
}

test("an acknowledged change that is missing is found, and so is a version that two of them were given", () => {
  expect(acknowledged([1, "first", 1], [4, "second", 4]).recovered(history(4), null)).toBe(2);

  expect(() => acknowledged([5, "second", 4]).recovered(history(4), null)).toThrow(/are lost/);
  expect(() => acknowledged([1, "first", 1], [2, "first", 1]).recovered(history(4), null)).toThrow(/given to two/);
});

test("only what was acknowledged in the lost tail may be missing", () => {
  const ledger = acknowledged([1, "first", 1], [9, "first", 3], [3, "second", 3]);
  expect(ledger.recovered(history(4), 2)).toBe(2);

  expect(() => acknowledged([9, "second", 3]).recovered(history(4), 2)).toThrow(/are lost/);
  expect(() => acknowledged([9, "first", 2]).recovered(history(4), 2)).toThrow(/are lost/);
});

test("an entry of a term that is over is found", () => {
  const facts = { at: 0, ageAt: 0 };
  const takeover = (sequence: number, term: string, termBefore: string | null): ChainEntry => {
    return { type: "takeover", sequence, term, termBefore, address: null, model: 1, ...facts };
  };
  const group = (sequence: number, term: string): ChainEntry => {
    return { type: "group", sequence, term, termBefore: term, spaces: [], ...facts };
  };

  requireTerms([takeover(1, "first", null), group(2, "first"), takeover(3, "second", "first"), group(4, "second")]);
  expect(() => requireTerms([takeover(1, "first", null), takeover(2, "second", "first"), group(3, "first")])).toThrow();
});

test("a log with a gap is none", () => {
  const text = changesToText([{ type: "host_added", target: "h1", data: {} }], RULES);
  expect(() => History.of(["first"], [], [{ firstVersion: 2, changes: text }])).toThrow(/gap/);
});
