import { expect, test } from "vitest";
import { hostsWords, typedTags } from "./user-words.ts";

test("tags are typed with blanks or commas between them, and none stand for the whole fleet", () => {
  expect(typedTags(" team:web,eu  team:web\n")).toEqual(["team:web", "eu"]);
  expect(typedTags("  ,")).toBeNull();
  expect([hostsWords(["team:web", "eu"]), hostsWords(null), hostsWords(undefined)]).toEqual([
    "hosts with team:web or eu",
    "all hosts",
    "all hosts",
  ]);
});
