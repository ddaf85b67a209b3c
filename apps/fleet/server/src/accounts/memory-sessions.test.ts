import { expect, test } from "vitest";
import { MemorySessions } from "./memory-sessions.ts";

test("[B37] so many sessions are kept in memory; the oldest ends", () => {
  const sessions = new MemorySessions(2);

  for (const id of ["a", "b", "c"]) sessions.open("admin", id, "2026-01-01T00:00:00.000Z");

  expect(["a", "b", "c"].map((id) => sessions.get(id)?.user)).toEqual([undefined, "admin", "admin"]);
});
