import { expect, test } from "vitest";
import { ROOT } from "../run.ts";
import { screenshotProblems } from "./pictures.ts";

test("each picture is of a scene, all together are bounded, and the README shows three", () => {
  expect(screenshotProblems(ROOT)).toEqual([]);
});
