import { describe, expect, test } from "vitest";
import type { FoundLines, KeptLine, KeptMutation } from "./queue-place.ts";
import {
  beginStep,
  dropStep,
  LONGEST_QUEUED_MS,
  leftLines,
  takeUpStep,
  writeQueueStep,
  writingOf,
} from "./queue-steps.ts";

const WALL = 1_700_000_000_000;

function kept(line: string, n: number, more: Partial<KeptMutation> = {}): KeptMutation {
  const args = { line, n };
  return { line, n, name: "it", revision: 1, args, at: WALL, now: WALL, bytes: 10, isOptimistic: true, ...more };
}

function lineOf(line: string, count: number, more: Partial<KeptLine> = {}): KeptLine {
  return { line, user: "ann", address: "/mutations", at: WALL, settled: 0, sent: 0, count, bytes: count * 10, ...more };
}

function found(lines: readonly KeptLine[], mutations: readonly KeptMutation[] = []): FoundLines {
  return { eras: {}, lines, mutations };
}

const OWN = { user: "ann", address: "/mutations" };

describe("a page writes", () => {
  test("[U6] what is new, what is gone, and up to where it is about to send", () => {
    const known = new Map([["l1", { settled: 0, sent: 0, numbers: new Set([1, 2]) }]]);
    const wanted = [{ line: "l1", settled: 1, mutations: [kept("l1", 2), kept("l1", 3)] }];

    const writing = writingOf(wanted, known, new Map([["l1", 2]]), OWN);

    expect(writing?.write).toEqual([
      { line: lineOf("l1", 2, { settled: 1, sent: 2 }), put: [kept("l1", 3)], remove: [1] },
    ]);
  });

  test("nothing where all is as it should be, and no line on which nothing waits", () => {
    const known = new Map([["l1", { settled: 0, sent: 0, numbers: new Set([1]) }]]);
    const same = [{ line: "l1", settled: 0, mutations: [kept("l1", 1)] }];

    expect(writingOf(same, known, new Map(), OWN)).toBeNull();
    expect(writingOf([], known, new Map(), OWN)).toEqual({ drop: ["l1"], write: [] });
  });

  test("[U19] [B101] what there is room for, beside all other lines of the database", () => {
    const writing = {
      drop: [],
      write: [{ line: lineOf("l1", 3), put: [1, 2, 3].map((n) => kept("l1", n)), remove: [] }],
    };
    const at = { user: "ann", era: 0 };

    const [byCount, counted] = writeQueueStep(found([lineOf("l2", 8)]), writing, {
      ...at,
      bounds: { mutations: 10, bytes: 1e6 },
    });
    const [byBytes] = writeQueueStep(found([lineOf("l2", 8)]), writing, {
      ...at,
      bounds: { mutations: 1e6, bytes: 95 },
    });

    expect(byCount.denied.map(({ n }) => n)).toEqual([3]);
    expect(counted.write?.[0]).toMatchObject({ line: { count: 2, bytes: 20 }, put: [{ n: 1 }, { n: 2 }] });
    expect(byBytes.denied.map(({ n }) => n)).toEqual([2, 3]);
  });

  test("[U20] nothing once its user has dropped everything in another page", () => {
    const writing = { drop: [], write: [{ line: lineOf("l1", 1), put: [kept("l1", 1)], remove: [] }] };
    const there = { ...found([]), eras: { ann: 1 } };

    const [written, step] = writeQueueStep(there, writing, {
      user: "ann",
      era: 0,
      bounds: { mutations: 10, bytes: 1e6 },
    });

    expect([written.writing, step]).toEqual([null, {}]);
  });
});

describe("a page takes up", () => {
  test("[U20] lines of its user and its address that it does not hold, in the order in which they were asked for", () => {
    const lines = [
      lineOf("l1", 1),
      lineOf("l2", 1, { at: WALL - 1 }),
      lineOf("l3", 1, { user: "bob" }),
      lineOf("l4", 1, { address: "/others" }),
      lineOf("l5", 1),
    ];

    expect(leftLines(found(lines), OWN, new Set(["l5"]))).toEqual(["l2", "l1"]);
  });

  test("[U19] [B102] what is not older than seven days, by a clock that may have been set back", () => {
    const ages = [LONGEST_QUEUED_MS + 1, LONGEST_QUEUED_MS, -LONGEST_QUEUED_MS - 1];
    const mutations = ages.map((age, index) => kept("l1", index + 1, { at: WALL - age }));

    const [[taken], step] = takeUpStep(found([lineOf("l1", 3)], mutations), ["l1"], WALL);

    expect(taken?.mutations.map(({ n }) => n)).toEqual([2]);
    expect(taken?.expired.map(({ n }) => n)).toEqual([1, 3]);
    expect(step.write?.[0]).toMatchObject({ line: { count: 1, bytes: 10 }, put: [], remove: [1, 3] });
  });

  test("nothing of a line that has gone meanwhile", () => {
    expect(takeUpStep(found([]), ["l1"], WALL)).toEqual([[], { write: [], drop: [] }]);
  });
});

test("[U20] [B102] a page that begins deletes what was to be deleted, and what others have left for more than seven days", () => {
  const old = { at: WALL - LONGEST_QUEUED_MS - 1 };
  const lines = [
    lineOf("l1", 1, old),
    lineOf("l2", 1, { user: "bob" }),
    lineOf("l3", 1, { user: "bob", ...old }),
    lineOf("l4", 1, { address: "/others", ...old }),
    lineOf("l5", 1, { user: "eve", ...old }),
  ];

  const step = beginStep(found(lines), OWN, { doomed: ["eve"], wall: WALL });

  expect(step).toEqual({ drop: ["l5", "l3", "l4"], eras: { eve: 1 } });
});

test("[U20] what users drop is gone, and it is known of 64 of them how often they did", () => {
  const there = { ...found([lineOf("l1", 1), lineOf("l2", 1, { user: "bob" })]), eras: { ann: 4 } };

  expect(dropStep(there, ["ann"])).toEqual({ drop: ["l1"], eras: { ann: 5 } });
  expect(dropStep(there, [])).toEqual({});
  const many = Object.fromEntries(Array.from({ length: 64 }, (_, n) => [`user-${n}`, 1]));
  const { eras = {} } = dropStep({ ...there, eras: many }, ["ann"]);
  expect(Object.keys(eras)).toHaveLength(64);
  expect(eras.ann).toBe(1);
});
