import type { Event } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { eventLine, isEventAskedFor, SeenEvents } from "./event-lines.ts";

function event(id: string, second: number, rest: Partial<Event> = {}): Event {
  const at = `2026-01-01T00:00:0${second}.000Z`;
  const what = { category: "audit", level: "info", actor: "ada", action: "op_dispatched", message: "ada did" } as const;
  return { id, at, ...what, ...rest };
}

test("[C36] an event is one line, whatever a host calls itself", () => {
  expect(eventLine(event("e1", 1, { message: "web\n\u001b[2J\u202e is here" }))).toBe(
    "2026-01-01T00:00:01.000Z  audit   info     ada  web  is here",
  );
});

test("an event is asked for when all conditions hold", () => {
  const one = event("e1", 1, { host: "h1" });

  expect(isEventAskedFor(one, { category: ["audit"], level: ["info"], host: ["h1"], actor: "ada" })).toBe(true);
  expect(isEventAskedFor(event("e2", 1), { host: ["h1"] })).toBe(false);
  for (const other of [{ category: ["error"] }, { level: ["warn"] }, { host: ["h2"] }, { actor: "bob" }])
    expect(isEventAskedFor(one, other)).toBe(false);
});

test("each event is new once, and they come in the order of their times", () => {
  const seen = new SeenEvents();

  const first = seen.take([event("b", 2), event("a", 1)]);
  const second = seen.take([event("c", 3), event("b", 2), event("d", 3)]);

  expect([first, second].map((events) => events.map(({ id }) => id))).toEqual([
    ["a", "b"],
    ["c", "d"],
  ]);
  expect([seen.hasOneOf([event("x", 4), event("d", 3)]), seen.hasOneOf([event("x", 4)])]).toEqual([true, false]);
});
