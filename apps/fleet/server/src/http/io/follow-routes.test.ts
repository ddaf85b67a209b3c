import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Browser,
  dispatchUptime,
  Fleets,
  type HostAgent,
  onlineHost,
  send,
  signIn,
} from "../../fleet/fleet-suite.ts";
import type { RunningFleet } from "../../process/io/start.ts";

const fleets = new Fleets();
let fleet: RunningFleet;
let browser: Browser;
let host: HostAgent;

beforeAll(async () => {
  fleet = await fleets.start();
  browser = await signIn(fleet);
  host = await onlineHost(browser, "web-1");
});

afterAll(() => fleets.end());

const messagesIn = (text: string) =>
  text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Record<string, unknown>]));

/** The address of where a space stands now. */
function now(space = "main"): string {
  const { creationId, head } = fleet.manager.space(space) ?? {};
  return `${creationId}/${fleet.manager.epoch}/${head}`;
}

test("[H1] [H8] [C51] a session follows the fleet over HTTP, and nothing of it is kept by anybody", async () => {
  const way = await browser.get("/sync/snapshot");
  const state = await browser.get(`/sync/${way.headers.location}`, { "accept-encoding": "identity" });
  const poll = await browser.get(`/sync/t/${now()}?wait=0`);

  expect([way.status, state.status, poll.status]).toEqual([302, 200, 200]);
  for (const { headers } of [way, state, poll]) {
    expect([headers["cache-control"], headers["neverstale-protocol"]]).toEqual(["private, no-store", "v1"]);
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["content-security-policy"]).toContain("default-src");
  }
  expect(JSON.stringify(state.body)).toContain("web-1");
  expect(messagesIn(poll.text)).toMatchObject([{ type: "sync", epoch: fleet.manager.epoch }, { type: "sync" }]);
});

test("[H2] a poll is answered when the fleet changes", async () => {
  const poll = browser.get(`/sync/t/${now()}`);
  await expect.poll(() => fleet.app.followers.httpMetrics.readers).toBe(1);

  await browser.call("PATCH", `/api/hosts/${host.id}`, { tags: ["blue"] });

  expect(messagesIn((await poll).text).map(({ type }) => type)).toEqual(["sync", "delta", "sync"]);
});

test("[H8] the output of a command and the space of an agent are followed so, too, each by whom they are for", async () => {
  const command = await dispatchUptime(browser, host);
  await host.claim(command);
  await host.report({ type: "output", commandId: command, offset: 0, bytes: 3, text: "up\n" });
  const output = `/sync/output/${command}/snapshot`;
  const own = { headers: host.headers };

  expect((await browser.get(output)).status).toBe(302);
  expect((await send(fleet.address, "GET", "/agent/sync/snapshot", own)).status).toBe(302);
  expect((await send(fleet.address, "GET", "/sync/snapshot", own)).status).toBe(401);
  expect((await browser.get("/agent/sync/snapshot")).status).toBe(401);
  expect((await browser.get("/sync/output/nothing/snapshot")).status).toBe(404);
});

test("[H9] [H8] a refusal says that it is the server's own, and so ends a replica as a close code would", async () => {
  const stranger = await send(fleet.address, "GET", "/sync/snapshot");
  const foreign = await browser.get("/sync/snapshot", { "sec-fetch-site": "cross-site" });
  const otherOrigin = await browser.get("/sync/snapshot", { origin: "https://evil.example" });

  for (const [{ status, body, headers }, code] of [
    [stranger, "not_signed_in"],
    [foreign, "origin_refused"],
    [otherOrigin, "origin_refused"],
  ] as const) {
    expect([status, body.code, headers["neverstale-protocol"]]).toEqual([
      code === "not_signed_in" ? 401 : 403,
      code,
      "v1",
    ]);
  }
});

test("[H8] [A11] the end of a session answers its polls and ends its streams, at once", async () => {
  const other = await fleets.start();
  const session = await signIn(other);
  const at = `${other.manager.space("main")?.creationId}/${other.manager.epoch}/${other.manager.version}`;
  const poll = session.get(`/sync/t/${at}`);
  const stream = session.get(`/sync/live/${at}`);
  await expect.poll(() => other.app.followers.httpMetrics.readers).toBe(2);

  const left = await session.post("/api/logout");

  expect(left.status).toBe(204);
  // The event of the sign-out itself may come first.
  expect([200, 401]).toContain((await poll).status);
  expect((await stream).status).toBe(200);
  expect((await session.get(`/sync/t/${at}`)).status).toBe(401);
});

test("[H2] a server that is stopped sends those who wait on", async () => {
  const other = await fleets.start();
  const session = await signIn(other);
  const at = `${other.manager.space("main")?.creationId}/${other.manager.epoch}/${other.manager.version}`;
  const poll = session.get(`/sync/t/${at}`);
  await expect.poll(() => other.app.followers.httpMetrics.readers).toBe(1);

  await other.close();

  expect(await poll).toMatchObject({ status: 503, body: { code: "shutting_down" } });
});

test("[C7] a session has so many requests that wait as it has sockets", async () => {
  const other = await fleets.start({ socketLimits: { session: 2 } });
  const session = await signIn(other);
  const at = `${other.manager.space("main")?.creationId}/${other.manager.epoch}/${other.manager.version}`;
  const waiting = [session.get(`/sync/live/${at}`), session.get(`/sync/live/${at}`)];
  await expect.poll(() => other.app.followers.httpMetrics.readers).toBe(2);

  expect((await session.get(`/sync/t/${at}`)).status).toBe(429);

  await other.close();
  await Promise.all(waiting);
});
