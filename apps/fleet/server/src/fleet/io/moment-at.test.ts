import { expect, test } from "vitest";
import { derivedId } from "../../accounts/io/secrets.ts";
import { momentAt } from "./moment-at.ts";

test("no id begins with a hyphen, which a command line would take for a flag", () => {
  const { newId } = momentAt(0);
  const ids = Array.from({ length: 2_000 }, (_, n) => [newId(), derivedId("user", String(n))]).flat();

  expect(ids.filter((id) => !/^\w[\w-]{21}$/.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
});
