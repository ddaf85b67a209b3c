import { expect, test } from "vitest";
import { isEqual, type Verdict, verdictExit, verdictLines } from "./verdict.ts";

const CLEAN: Omit<Verdict, "equal"> = {
  epoch: "e1",
  version: 7,
  digest: "0123456789abcdef",
  digestChecks: 3,
  digestMismatches: 0,
  differences: [],
  divergences: [],
};

function judge(found: Partial<Omit<Verdict, "equal">>): Verdict {
  const all = { ...CLEAN, ...found };
  return { equal: isEqual(all), ...all };
}

test("equal is what was compared, record by record, and never differed", () => {
  const verdict = judge({});

  expect(verdictExit(verdict)).toBe(0);
  expect(verdictLines(verdict)).toEqual([
    "epoch e1, version 7, digest 0123456789abcdef",
    "3 digests compared, 0 differed",
    "equal",
  ]);
});

test("[P5] a record that differs is named, with both sides", () => {
  const verdict = judge({
    differences: [{ collection: "hosts", id: "web-1", replica: { id: "web-1" }, authority: null }],
  });

  expect(verdictExit(verdict)).toBe(1);
  expect(verdictLines(verdict).slice(2)).toEqual([
    "differs: hosts/web-1",
    '  replica   {"id":"web-1"}',
    "  authority null",
    "DIFFERS",
  ]);
});

test("[P5] what differed on the way and was healed still counts, also when the end could not be compared", () => {
  const at = { epoch: "e1", space: "s1", version: 5 };
  const divergence = {
    reason: "digest",
    from: at,
    to: at,
    exact: true,
    differing: 1,
    records: [{ collection: "hosts", id: "web-1" }],
  } as const;

  const verdict = judge({ divergences: [divergence], differences: null });

  expect(verdictExit(verdict)).toBe(1);
  expect(verdictLines(verdict)).toContain("diverged (digest), healed at v5: 1 records, hosts/web-1");
  expect(verdictExit(judge({ digestMismatches: 1 }))).toBe(1);
});

test("what was never seen at one version can't be told", () => {
  expect(verdictExit(judge({ differences: null }))).toBe(2);
});
