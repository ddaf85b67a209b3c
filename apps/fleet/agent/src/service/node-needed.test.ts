import { expect, test } from "vitest";
import { isEnough } from "./node-needed.ts";

test.each([
  ["22.18.0", true],
  ["22.17.9", false],
  ["22.20.1", true],
  ["24.0.0", true],
  ["20.19.5", false],
])("Node.js %s runs what needs 22.18: %s", (version, enough) => {
  expect(isEnough(version, ">=22.18")).toBe(enough);
});
