import { expect, test } from "vitest";
import { auditPath, readAuditFilter } from "./audit-filter.ts";

test("the filter says who, what, where and when, and a word without its value says nothing yet", () => {
  expect(readAuditFilter("  who:maria did:host_removed host:web-1 level: ")).toEqual({
    ok: true,
    query: { actor: "maria", action: "host_removed", host: "web-1" },
  });
  expect(readAuditFilter("from:2026-01-31 to:2026-02-01T12:00Z")).toEqual({
    ok: true,
    query: { from: "2026-01-31T00:00:00.000Z", to: "2026-02-01T12:00:00.000Z" },
  });
  expect(readAuditFilter("")).toEqual({ ok: true, query: {} });
});

test("what can't be asked for is told", () => {
  for (const filter of ["maria", "name:maria", "level:loud", "from:yesterday", ":x", "constructor:x"])
    expect([filter, readAuditFilter(filter).ok]).toEqual([filter, false]);
});

test("an actor with a colon is one value, and stands in an address as it should", () => {
  const read = readAuditFilter("who:agent:web-1");

  expect(read.ok && auditPath("/api/event-log", read.query, { category: "audit" })).toBe(
    "/api/event-log?category=audit&actor=agent%3Aweb-1",
  );
});
