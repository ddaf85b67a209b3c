import { expect, test } from "vitest";
import { Acquainted } from "./acquainted.ts";

test("[B36] so many addresses are remembered; whoever has not signed in for longest is forgotten", () => {
  const acquainted = new Acquainted(2);

  for (const key of ["a", "b", "a", "c"]) acquainted.add(key);

  expect(["a", "b", "c"].map((key) => acquainted.has(key))).toEqual([true, false, true]);
});
