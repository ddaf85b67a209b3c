import { expect, test } from "vitest";
import { moodOf, titleOf } from "./page-title.ts";

test("the title says what is wrong before the screen's name, and that a page is not live before that", () => {
  const calm = { screen: "Hosts", firing: 0, isOld: false };

  expect(titleOf(calm)).toBe("Hosts · Neverstale");
  expect(titleOf({ ...calm, firing: 1 })).toBe("▲ 1 alert · Hosts · Neverstale");
  expect(titleOf({ ...calm, firing: 3 })).toBe("▲ 3 alerts · Hosts · Neverstale");
  expect(titleOf({ ...calm, firing: 3, isOld: true })).toBe("◌ not live · Hosts · Neverstale");
  expect([calm, { ...calm, firing: 3 }, { ...calm, isOld: true }].map(moodOf)).toEqual(["calm", "trouble", "old"]);
});
