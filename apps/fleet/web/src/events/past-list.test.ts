import type { Event } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { behindLive, MOST_PAST_EVENTS, withPage } from "./past-list.ts";

const events = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => ({ id: `e${from + index}` }) as unknown as Event);

test("pages follow each other, each event once, and the live list's own stand there alone", () => {
  const first = withPage(null, { events: events(0, 3), next: "a" }, 7);
  const both = withPage(first, { events: events(2, 5), next: null }, 9);

  expect(both.events.map(({ id }) => id)).toEqual(["e0", "e1", "e2", "e3", "e4"]);
  expect([both.next, both.at, both.isFull]).toEqual([null, 7, false]);
  expect(behindLive(both, new Set(["e0", "e1"])).map(({ id }) => id)).toEqual(["e2", "e3", "e4"]);
});

test("[B170] no more events are held than the page shows at once, and it says that there are more", () => {
  const almost = withPage(null, { events: events(0, MOST_PAST_EVENTS - 1), next: "a" }, 0);
  expect([almost.isFull, almost.next]).toEqual([false, "a"]);
  const full = withPage(almost, { events: events(MOST_PAST_EVENTS - 1, MOST_PAST_EVENTS + 50), next: "b" }, 0);
  expect([full.events.length, full.isFull, full.next]).toEqual([MOST_PAST_EVENTS, true, null]);
  const exact = withPage(null, { events: events(0, MOST_PAST_EVENTS), next: null }, 0);
  expect(exact.isFull).toBe(false);
});
