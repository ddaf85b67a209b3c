import { expect, test } from "vitest";
import { partOf, partsFor } from "./sections.ts";

const ids = (role: "viewer" | "operator" | "admin", tags: readonly string[] | null) =>
  partsFor({ role, tags }).flatMap(({ parts }) => parts.map(({ id }) => id));

test("everybody has the own account, and only admins of the whole fleet what is about people and the server", () => {
  const own = ["account", "sessions", "tokens", "catalogue"];

  expect(ids("admin", null)).toHaveLength(12);
  expect(ids("viewer", null)).toEqual([...own, "groups", "backups", "about"]);
  expect(ids("operator", ["team:web"])).toEqual([...own, "about"]);
  expect(ids("admin", ["team:web"])).toEqual([...own, "about"]);
});

test("an address without a part shows the first thing that somebody needs, and one that is not theirs shows none", () => {
  expect(partOf({ role: "admin", tags: null }, null)?.id).toBe("people");
  expect(partOf({ role: "viewer", tags: null }, null)?.id).toBe("account");
  expect(partOf({ role: "viewer", tags: null }, "people")).toBeNull();
  expect(partOf({ role: "admin", tags: null }, "nothing")).toBeNull();
});
