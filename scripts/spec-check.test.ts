import { expect, test } from "vitest";
import { rulesInJson, rulesNamedIn, rulesOf, specProblems, withPointers } from "./spec-check.ts";

const SPEC = "# Spec\n\n**[R1]** One.\n\nTests: a.test.ts\n\n**[A4b]** Two,\nwith [R1] in it.\n\nTests:\n";

function named(files: Record<string, string[]>): Map<string, Set<string>> {
  return new Map(Object.entries(files).map(([path, ids]) => [path, new Set(ids)]));
}

test("a spec's rules are the bold numbers at the beginning of a line, with the files they point to", () => {
  expect(rulesOf(SPEC)).toEqual([
    { id: "R1", tests: ["a.test.ts"] },
    { id: "A4b", tests: [] },
  ]);
});

test("a test names its rules at the beginning of its title", () => {
  const source = [
    'test("[R1] [R2] a delta", () => {});',
    "test.each(CASES)('[A4b] %s', () => {});",
    "test(`[S1, S2] many`, () => {});",
    'describe.each([["[E1] in a table"]])(\n  "[D1] %s",',
    "it.concurrent('[G1] at once', () => {});",
  ].join("\n");

  expect([...rulesNamedIn(source)]).toEqual(["R1", "R2", "A4b", "S1", "S2", "D1", "G1"]);
});

test.each([
  'expect(list[0]).toEqual(["not [P1]"]); // [P2] neither',
  'expect(shown, "[P1]").toBe(3);',
  '{ says: "[A4] expected a delta" },',
  'console.log("[A4] nothing");',
  'contest("[A4] no test");',
])("what is no title names no rule: %s", (source) => {
  expect([...rulesNamedIn(source)]).toEqual([]);
});

test("vectors and scenarios name their rules in members `rule`, at any depth", () => {
  expect(rulesInJson('{"rule":"E5","steps":[{"rule":"R1","note":"rule"}]}')).toEqual(["E5", "R1"]);
});

test("rules and tests that agree have no problems, and the numbers of two other pages are left alone", () => {
  const tests = named({ "a.test.ts": ["R1", "C12"], "b.test.ts": ["A4b"] });

  expect(specProblems(rulesOf(withPointers(SPEC, tests)), tests)).toEqual([]);
});

test("each way to disagree is one problem", () => {
  const rules = [...rulesOf(SPEC), { id: "R2", tests: null }, { id: "R1", tests: ["a.test.ts"] }];

  expect(specProblems(rules, named({ "a.test.ts": ["A4b", "R9"], "b.test.ts": ["R1", "X1"] }))).toEqual([
    "[R1] stands twice in the spec",
    "[R1] points to a.test.ts, where no test names it",
    "[A4b] points to no test, though there are some",
    '[R2] has no line "Tests:"',
    "[R1] points to a.test.ts, where no test names it",
    "a.test.ts names [R9], which the spec doesn't have",
    "b.test.ts names [X1], which the spec doesn't have",
  ]);
  expect(specProblems(rulesOf(SPEC), named({ "a.test.ts": ["R1"] }))).toEqual(["[A4b] is named by no test"]);
});

test("pointers are brought up to date and nothing else is touched", () => {
  const tests = named({ "z.test.ts": ["A4b", "R1"], "a.test.ts": ["A4b"] });

  expect(withPointers(SPEC, tests)).toBe(
    SPEC.replace("Tests: a.test.ts", "Tests: z.test.ts").replace("Tests:\n", "Tests: a.test.ts, z.test.ts\n"),
  );
});
