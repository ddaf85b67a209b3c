import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { BROKEN_BUILDS } from "./builds.ts";
import { edited } from "./hook.ts";
import { proveBuild } from "./prove.ts";

const PACKAGES = fileURLToPath(new URL("../../../../", import.meta.url));
const RUN_MS = 120_000;
/** More than each of these has ever needed; the others are for `npm run sim -- --broken`. */
const QUICK_RUNS = 300;

test.each(BROKEN_BUILDS)("the edits still fit the source: $name", ({ edits }) => {
  for (const edit of edits) {
    const source = readFileSync(PACKAGES + edit.file, "utf8");

    expect(edited(source, edit)).not.toBe(source);
  }
});

test("an edit that no longer fits says where", () => {
  const edit = { file: "server/src/x.ts", find: "a", replace: "b" };

  expect(() => edited("b", edit)).toThrow("server/src/x.ts holds the text to be broken 0 times, and not once: a");
  expect(() => edited("aa", edit)).toThrow("2 times");
  expect(edited("cac", edit)).toBe("cbc");
});

test("no two builds have one name", () => {
  expect(new Set(BROKEN_BUILDS.map(({ name }) => name)).size).toBe(BROKEN_BUILDS.length);
});

describe("a broken build is caught", () => {
  const quick = [
    ["[A1] published before the commit", "A1"],
    ["[A7] the beacon is outside the order", "A7"],
    ["[P1] an unset is lost on its way into a diff", "P1"],
    ["[P5] a digest that differs is believed", "P5"],
    ["[P3] a removal whose tombstone is trimmed is not folded", "P3"],
    ["[R9] a sign-out leaves the state on the screen", "R9"],
  ] as const;

  test.each(quick)(
    "%s",
    async (title, rule) => {
      const { caught } = await proveBuild(title.replace(/^\[\w+\] /, ""), 1, QUICK_RUNS);

      expect(caught?.failure?.rule).toBe(rule);
    },
    RUN_MS,
  );
});
