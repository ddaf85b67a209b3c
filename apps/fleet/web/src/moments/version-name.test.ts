import { expect, test } from "vitest";
import { formatVersion, parseVersion } from "./version-name.ts";

test("a version goes through the address with its epoch, and what is none is none", () => {
  for (const name of [
    { version: 0, epoch: null },
    { version: 1234, epoch: "a-b.c" },
  ])
    expect(parseVersion(formatVersion(name))).toEqual(name);
  for (const text of ["", "x", "-1", "1.", "1e9", `1.${"x".repeat(101)}`]) expect(parseVersion(text)).toBeNull();
});
