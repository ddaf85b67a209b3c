import { expect, test } from "vitest";
import type { Event } from "./event.ts";
import { eventTerm, eventTest, parseEventFilter, withEventTerm } from "./event-filter.ts";

const NOW = Date.UTC(2026, 0, 2);
const HOSTS = new Map([
  ["web-1", { id: "web-1", name: "Front", tags: ["prod"] }],
  ["db-1", { id: "db-1", tags: ["db"] }],
]);

function event(id: string, rest: Partial<Event> = {}): Event {
  const at = "2026-01-01T12:00:00.000Z";
  return { id, at, category: "system", level: "info", actor: "server", action: "host_offline", message: "m", ...rest };
}

const EVENTS = [
  event("one", { host: "web-1", level: "error", message: "Disk is full" }),
  event("two", { actor: "Ada", category: "audit", action: "op_dispatched", at: "2026-01-01T23:30:00.000Z" }),
  event("three", { details: { hosts: ["web-1", "db-1"] }, level: "warn" }),
];

function found(text: string): string[] {
  return EVENTS.filter(eventTest(parseEventFilter(text, NOW), HOSTS)).map(({ id }) => id);
}

test.each([
  ["", ["one", "two", "three"]],
  ["disk FULL", ["one"]],
  ["front", ["one", "three"]],
  ["level:error", ["one"]],
  ["warning", ["three"]],
  ["category:audit", ["two"]],
  ["actor:ada", ["two"]],
  ["action:op_dispatched", ["two"]],
  ["host:front", ["one", "three"]],
  ["host:db-1", ["three"]],
  ["tag:db", ["three"]],
  ["tag:none", []],
  ["since:1h", ["two"]],
  ["from:2026-01-01T00:00:00Z to:2026-01-01T13:00:00Z disk", ["one"]],
  ["level:loud", []],
  ["constructor:disk", []],
])("%s leaves %j", (text, ids) => {
  expect(found(text)).toEqual(ids);
});

test("a term is put in the place of another of its kind, and taken out again", () => {
  expect(withEventTerm("disk level:warn full", "level", "error")).toBe("disk full level:error");
  expect(withEventTerm("level:warn", "level", null)).toBe("");
  expect([eventTerm("disk level:warn", "level"), eventTerm("disk", "level")]).toEqual(["warn", null]);
});
