import { expect, test } from "vitest";
import { STORE_SETTINGS, settingsFrom } from "./settings.ts";

test("[A10] a setting with which a step of a store would have no end, or do nothing, is refused by its name", () => {
  expect(() => settingsFrom({ trimRows: 0 })).toThrow("`trimRows` of `settings`");
  expect(() => settingsFrom({ rowsPerLook: Number.POSITIVE_INFINITY })).toThrow("`rowsPerLook` of `settings`");
  expect(settingsFrom({ sliceMs: 0 })).toEqual({ ...STORE_SETTINGS, sliceMs: 0 });
});
