import { expect, test } from "vitest";
import { simOptions } from "./options.ts";

test("without options it runs as many seeds as it takes to see everything", () => {
  expect(simOptions([])).toMatchObject({ seed: 1, runs: 200, trace: false, keep: null, broken: false, names: [] });
});

test("what is asked for is taken as it is", () => {
  expect(simOptions(["--seed", "7", "--runs", "3", "--jobs", "1", "--trace"])).toMatchObject({
    seed: 7,
    runs: 3,
    jobs: 1,
    trace: true,
  });
  expect(simOptions(["--broken", "a name", "--keep", "a-file"])).toMatchObject({ names: ["a name"], keep: "a-file" });
});

test.each([
  [["--seed", "test 3"], '--seed takes a whole number from 1 on, and not "test 3"'],
  [["--runs", "0"], '--runs takes a whole number from 1 on, and not "0"'],
  [["--runs", "ten"], '--runs takes a whole number from 1 on, and not "ten"'],
  [["--jobs", "1.5"], '--jobs takes a whole number from 1 on, and not "1.5"'],
  [["--seed", "99999999999999999999"], "--seed takes a whole number"],
  [["--keep", "../x"], "--keep takes a name"],
  [["7"], '"7" is no option'],
  [["--sed", "7"], "--sed"],
])("%j is refused, and nothing runs", (args, message) => {
  expect(() => simOptions(args)).toThrow(message);
});
