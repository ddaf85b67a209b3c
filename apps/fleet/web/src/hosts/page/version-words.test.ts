import { expect, test } from "vitest";
import { argSpecWords } from "./arg-spec-words.ts";
import { versionWords } from "./version-words.ts";

test("an agent is older than the one that is handed out, the same, newer, or can't be compared", () => {
  expect(versionWords("0.9.10", "0.10.0")).toEqual({ words: "0.10.0 is available", isOlder: true });
  expect(versionWords("1.2.3", "1.2.3").words).toBe("the one that this server hands out");
  expect(versionWords("2.0.0", "1.9.9")).toEqual({ words: "this server hands out 1.9.9", isOlder: false });
  expect(versionWords("mine", "1.0.0").isOlder).toBe(false);
  expect(versionWords("1.0.0", null)).toEqual({ words: "", isOlder: false });
});

test("an argument says what it takes, and what it is by itself", () => {
  expect(argSpecWords({ name: "n", type: "integer", min: 1, max: 9, default: 3 })).toBe(
    "n, a whole number from 1 to 9, 3 by itself",
  );
  expect(argSpecWords({ name: "to", type: "choice", values: ["a", "b"] })).toBe("to, one of a, b");
  expect(argSpecWords({ name: "word", type: "text", maxLength: 20 })).toBe("word, a text of at most 20 characters");
});
