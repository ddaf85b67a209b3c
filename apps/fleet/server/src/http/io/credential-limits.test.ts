import { afterAll, expect, test } from "vitest";
import { Fleets, onlineHost, send, signIn, signInWith, upgrade } from "../../fleet/fleet-suite.ts";

const fleets = new Fleets();
afterAll(() => fleets.end());

const NONE_LEFT = { burst: 20, perSecond: 0.001 };

test("[C7] who shows a good session or credential is not limited by what others of its address do", async () => {
  const fleet = await fleets.start({ steadyNow: () => 0, rateLimits: { requests: NONE_LEFT } });
  const browser = await signIn(fleet);
  const host = await onlineHost(browser, "web-1");
  let status = 200;
  while (status === 200) status = (await send(fleet.address, "GET", "/healthz")).status;

  const page = await upgrade(fleet, "/sync", { cookie: browser.cookie, origin: fleet.address });
  const agent = await upgrade(fleet, "/agent/sync", host.headers);

  expect([(await browser.get("/api/session")).status, (await host.hello()).status]).toEqual([200, 200]);
  expect([page.status, agent.status]).toEqual([101, 101]);
  for (const { socket } of [page, agent]) socket.terminate();
});

test("[C7] [B30] who guesses a credential or a session is limited by its address", async () => {
  const fleet = await fleets.start({ steadyNow: () => 0, rateLimits: { requests: { burst: 3, perSecond: 0.001 } } });
  const guess = async (count: number) => {
    const guessed = String(count).padStart(43, "x");
    const headers = {
      authorization: `Bearer ${guessed}`,
      cookie: `neverstale_${fleet.parts.key.cookieId}=${guessed}`,
    };
    return (await send(fleet.address, "GET", "/api/state", { headers })).status;
  };

  const statuses = [await guess(1), await guess(2), await guess(3), await guess(4), await guess(5)];

  expect(statuses).toEqual([401, 401, 401, 429, 429]);
});

test("[C7] [B31] [B32] a session and a host have a limit of their own, each for itself", async () => {
  const rateLimits = { session: { burst: 3, perSecond: 0.001 }, host: { burst: 2, perSecond: 0.001 } };
  const fleet = await fleets.start({ steadyNow: () => 0, rateLimits });
  const browser = await signIn(fleet);
  const [first, second] = [await onlineHost(browser, "web-1"), await onlineHost(browser, "web-2")];

  const ofSession = [(await browser.get("/api/session")).status, (await browser.get("/api/session")).status];
  const ofFirst = [(await first.hello()).status, (await first.hello()).status];

  expect([ofSession, ofFirst, (await second.hello()).status]).toEqual([[200, 429], [200, 429], 200]);
});

test("[C7] [B12] agents of one address may have more sockets than one address may", async () => {
  const fleet = await fleets.start({ socketLimits: { address: 1 } });
  const browser = await signIn(fleet);
  const hosts = [
    await onlineHost(browser, "web-1"),
    await onlineHost(browser, "web-2"),
    await onlineHost(browser, "web-3"),
  ];

  const opened = await Promise.all(hosts.map((host) => upgrade(fleet, "/agent/sync", host.headers)));

  expect(opened.map(({ status }) => status)).toEqual([101, 101, 101]);
  for (const { socket } of opened) socket.terminate();
});

test("[C7] [B12] sessions of one address may have more sockets than one address may", async () => {
  const password = "a password of the admin";
  const fleet = await fleets.start({ socketLimits: { address: 1 }, adminPassword: password });
  const people = [await signInWith(fleet, password), await signInWith(fleet, password)];

  const opened = await Promise.all(
    people.map(({ cookie }) => upgrade(fleet, "/sync", { cookie, origin: fleet.address })),
  );

  expect(opened.map(({ status }) => status)).toEqual([101, 101]);
  for (const { socket } of opened) socket.terminate();
});
