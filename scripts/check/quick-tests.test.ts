import { globSync } from "node:fs";
import { expect, test } from "vitest";
import { ROOT } from "../run.ts";
import { LONG_TESTS, SLOW_TESTS } from "./quick-tests.ts";

test("what the quick tests leave out is still there", () => {
  const patterns = [...LONG_TESTS, ...SLOW_TESTS].flatMap((pattern) => {
    const [, names = ""] = /\{(.*)\}/.exec(pattern) ?? [];
    return names.split(",").map((name) => pattern.replace(/\{.*\}/, name));
  });

  const gone = patterns.filter(
    (pattern) => globSync(pattern, { cwd: ROOT, exclude: (path) => path.includes("node_modules") }).length === 0,
  );

  expect(gone).toEqual([]);
});
