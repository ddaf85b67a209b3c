import { afterAll, expect, test } from "vitest";
import { Fleets, onlineHost, send, signIn, upgrade } from "../../fleet/fleet-suite.ts";
import { round } from "./rounds.ts";

const fleets = new Fleets();
afterAll(() => fleets.end());

const HOUR_MS = 3_600_000;

test("[C7] a wall clock that is set back or ahead refuses nobody: no request, no sign-in, no socket, no agent", async () => {
  let now = Date.now();
  const limit = { burst: 20, perSecond: 0.01 };
  const rateLimits = { requests: limit, attempts: limit, account: limit, passwords: limit };
  const fleet = await fleets.start({ now: () => now, steadyNow: () => 0, rateLimits });
  const browser = await signIn(fleet);
  const host = await onlineHost(browser, "web-1");

  const statuses: number[] = [];
  for (const set of [-HOUR_MS, 2 * HOUR_MS, -HOUR_MS]) {
    now += set;
    statuses.push((await send(fleet.address, "GET", "/healthz")).status, (await host.hello()).status);
    const { status, socket } = await upgrade(fleet, "/sync", { cookie: browser.cookie, origin: fleet.address });
    statuses.push(status);
    socket.terminate();
  }

  expect(statuses).toEqual([200, 200, 101, 200, 200, 101, 200, 200, 101]);
});

test("a wall clock that is set ahead takes no host offline, one that is set back hides no host that fell silent", async () => {
  let now = Date.now();
  let steady = 0;
  const fleet = await fleets.start({ now: () => now, steadyNow: () => steady });
  const host = await onlineHost(await signIn(fleet), "web-1");
  const isOnline = () => fleet.manager.state.hosts.get(host.id)?.online;

  now += HOUR_MS;
  await round(fleet.parts, false);
  expect(isOnline()).toBe(true);
  now -= 2 * HOUR_MS;
  steady += HOUR_MS;
  await round(fleet.parts, false);

  expect(isOnline()).toBe(false);
});

test("[C24] the sign-in link expires by the time that passes, not by a clock that is set", async () => {
  let now = Date.now();
  let steady = 0;
  const fleet = await fleets.start({ now: () => now, steadyNow: () => steady });

  now -= 24 * HOUR_MS;
  steady += HOUR_MS;

  await expect(signIn(fleet)).rejects.toThrow("not_signed_in");
});
