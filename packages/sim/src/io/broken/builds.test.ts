import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { BROKEN_BUILDS } from "./builds.ts";
import { edited } from "./hook.ts";
import { PAGE, withTable } from "./table.ts";

const PACKAGES = fileURLToPath(new URL("../../../../", import.meta.url));
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

test("the page about reliability has them all, with what catches each", () => {
  const page = readFileSync(PAGE, "utf8");

  expect(withTable(page)).toBe(page);
  expect(page).toContain(`| ${BROKEN_BUILDS.at(-1)?.name}`);
});

test("no two builds have one name", () => {
  expect(new Set(BROKEN_BUILDS.map(({ name }) => name)).size).toBe(BROKEN_BUILDS.length);
});
