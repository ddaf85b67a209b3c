import { memoryStore } from "@neverstale/server";
import { afterAll, expect, test } from "vitest";
import { Fleets, onlineHost, signIn } from "../fleet/fleet-suite.ts";

const fleets = new Fleets();
afterAll(() => fleets.end());

test("[B173] people keep notes of 2,000 characters beside a host, of several lines and without characters that nobody sees", async () => {
  const fleet = await fleets.start({ store: memoryStore() });
  const browser = await signIn(fleet);
  const { id } = await onlineHost(browser, "web-1");
  const note = async (notes: string | null) => (await browser.call("PATCH", `/api/hosts/${id}`, { notes })).status;
  const longest = `two\nlines\t${"x".repeat(1_990)}`;

  expect([await note(longest), await note(`${longest}x`), await note("a bell \u0007")]).toEqual([200, 400, 400]);
  expect(fleet.manager.state.hosts.get(id)?.notes).toBe(longest);
  expect(await note(null)).toBe(200);
  expect(fleet.manager.state.hosts.get(id)?.notes).toBeUndefined();
  const told = [...fleet.manager.state.events.values()].map(({ message }) => message);
  expect(told).toContain(`admin changed notes of ${id}`);
  expect(told.join()).not.toContain("two");
});
