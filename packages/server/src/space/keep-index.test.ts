import type { StateRecord } from "@neverstale/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { KeepIndex } from "./keep-index.ts";

const record = (id: string, status = "done"): StateRecord => ({ id, status });

/** What is beyond the limit, in the order in which it leaves. */
function evicted(index: KeepIndex): string[] {
  const ids: string[] = [];
  for (let id = index.overflow(); id !== null; id = index.overflow()) {
    ids.push(id);
    index.note(id, null);
  }
  return ids;
}

/** How many elements of sets and maps are stepped over while `run` runs. */
function stepsOf(run: () => void): number {
  const iterators = [new Set().values(), new Map().values()].map((of) => Object.getPrototypeOf(of));
  const originals = iterators.map((iterator) => iterator.next);
  let steps = 0;
  for (const [n, iterator] of iterators.entries()) {
    iterator.next = function (this: unknown) {
      steps += 1;
      return originals[n].call(this);
    };
  }
  try {
    run();
  } finally {
    for (const [n, iterator] of iterators.entries()) iterator.next = originals[n];
  }
  return steps;
}

test("[S3] an eviction looks for the oldest record nowhere: no set is walked, whatever was evicted before", () => {
  const index = new KeepIndex("events", { newest: 3 });
  index.rebuild(Array.from({ length: 500 }, (_, n) => [n, record(`${n}`)] as const));
  let left: string[] = [];

  const steps = stepsOf(() => {
    left = evicted(index);
  });

  expect(left).toHaveLength(497);
  expect([left[0], left.at(-1)]).toEqual(["0", "496"]);
  expect(steps).toBe(0);
  expect([index.lookups, index.steps]).toEqual([497, 497]);
});

test("[S3] what is taken back leaves the order as it was, whatever was touched, came or went", () => {
  const id = fc.constantFrom("a", "b", "c", "d", "e");
  const touch = fc.record({ id, record: fc.constantFrom(record(""), record("", "running"), null) });
  fc.assert(
    fc.property(fc.array(touch), fc.array(touch), (kept, takenBack) => {
      const keep = { newest: 1, where: { status: ["done"] } };
      const [index, untouched] = [new KeepIndex("jobs", keep), new KeepIndex("jobs", keep)];
      for (const of of [index, untouched]) {
        of.rebuild([]);
        for (const touched of kept) of.note(touched.id, touched.record);
      }

      const waysBack = takenBack.map((touched) => index.noteWithWayBack(touched.id, touched.record));
      for (const wayBack of waysBack.reverse()) wayBack();

      expect(evicted(index)).toEqual(evicted(untouched));
    }),
  );
});
