import { describe, expect, test } from "vitest";
import { proveBuild } from "./prove.ts";

const RUN_MS = 120_000;
/** More than each of these has ever needed; the others are for `npm run sim -- --broken`. */
const QUICK_RUNS = 300;

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
