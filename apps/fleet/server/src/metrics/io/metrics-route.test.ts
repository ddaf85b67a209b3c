import { afterAll, beforeAll, expect, test } from "vitest";
import { type Browser, Fleets, type HostAgent, onlineHost, send, signIn } from "../../fleet/fleet-suite.ts";
import { checkSettings } from "../../process/io/settings.ts";
import type { RunningFleet } from "../../process/io/start.ts";

const START = Date.parse("2026-03-01T12:00:00.000Z");
const fleets = new Fleets();
let fleet: RunningFleet;
let browser: Browser;
let host: HostAgent;
let now = START;

beforeAll(async () => {
  fleet = await fleets.start({ now: () => now, steadyNow: () => now });
  browser = await signIn(fleet);
  host = await onlineHost(browser, "web-1");
});

afterAll(() => fleets.end());

function ask(query: string, id = host.id) {
  return browser.get(`/api/hosts/${id}/metrics${query}`);
}

test("what a host's heartbeats told is answered by whole points, and a hole is null", async () => {
  for (const cpu of [10, 30]) await host.report({ type: "metrics", cpu, load1: 0.5 });
  now += 20_000;
  await host.report({ type: "metrics", cpu: 50 });
  now += 10_000;
  await fleet.parts.metricKeeper.round();

  const { status, body } = await ask("?from=2026-03-01T11:59:50.000Z&to=2026-03-01T12:00:30.000Z&step=10");

  expect({ status, body }).toEqual({
    status: 200,
    body: {
      host: host.id,
      from: "2026-03-01T11:59:50.000Z",
      to: "2026-03-01T12:00:30.000Z",
      step: 10,
      metrics: { cpu: [null, [10, 20, 30], null, [50, 50, 50]], load1: [null, [0.5, 0.5, 0.5], null, null] },
    },
  });
});

test("without times it is the last hour, as close as fits", async () => {
  const { body } = await ask("");

  expect(body).toMatchObject({ from: "2026-03-01T11:00:30.000Z", to: "2026-03-01T12:00:30.000Z", step: 10 });
});

test("what can't be answered is refused with what to do; who is not signed in learns nothing", async () => {
  const codes = await Promise.all(
    ["?step=15", "?from=yesterday", "?from=2026-03-01T13:00:00.000Z", "?from=2020-03-01T12:00:00.000Z&step=10"].map(
      async (query) => (await ask(query)).body,
    ),
  );

  for (const body of codes) expect(body).toMatchObject({ status: 400, code: "bad_request" });
  expect(codes[2]?.detail).toBe("`from` is not before `to`");
  expect(codes[3]?.detail).toContain("more than 5000 points");
  expect((await ask("", "nobody")).body).toMatchObject({ status: 404, code: "unknown_host" });
  expect((await send(fleet.address, "GET", `/api/hosts/${host.id}/metrics`)).body).toMatchObject({ status: 401 });
});

test("with its host, what it told goes too", async () => {
  expect((await browser.call("DELETE", `/api/hosts/${host.id}`)).status).toBe(200);
  await fleet.parts.metricKeeper.round();

  expect((await ask("")).body).toMatchObject({ code: "unknown_host" });
  const rows = await fleet.manager.points.listPoints({ step: 10_000, at: START, after: "", limit: 9 });
  expect(rows).toEqual([]);
});

test("times for which metrics can't be kept are refused before anything starts", () => {
  for (const metricsKept of [
    [60_000, 3_600_000, 86_400_000],
    [3_600_000, 86_400_000, Number.NaN],
  ] as const)
    expect(() => checkSettings({ metricsKept })).toThrow("metrics can't be kept for such times");
});
