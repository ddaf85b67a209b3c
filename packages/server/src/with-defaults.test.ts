import { expect, test } from "vitest";
import { withDefaults } from "./with-defaults.ts";

const DEFAULTS = { rows: 8, ageMs: 1_000 };

test("[A10] a bound that is left out, or undefined, is the default; it may be lifted", () => {
  expect(withDefaults(DEFAULTS, undefined, "retention")).toEqual(DEFAULTS);
  expect(withDefaults(DEFAULTS, { rows: undefined as never }, "retention")).toEqual(DEFAULTS);

  expect(withDefaults(DEFAULTS, { rows: Number.POSITIVE_INFINITY, ageMs: 0 }, "retention")).toEqual({
    rows: Number.POSITIVE_INFINITY,
    ageMs: 0,
  });
});

test.each([Number.NaN, "8", null, {}])("[A10] a bound of %j is refused by its name", (rows) => {
  expect(() => withDefaults(DEFAULTS, { rows: rows as never }, "retention")).toThrow("`rows` of `retention`");
});
