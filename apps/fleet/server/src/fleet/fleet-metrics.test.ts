import { afterAll, expect, test } from "vitest";
import { dispatchUptime, enrollHost, Fleets, onlineHost, send, signIn } from "./fleet-suite.ts";

const fleets = new Fleets();
afterAll(() => fleets.end());

test("the metrics say how many hosts are online, how long the quietest is silent, and what runs", async () => {
  let now = Date.parse("2026-03-01T12:00:00.000Z");
  const fleet = await fleets.start({ now: () => now });
  const browser = await signIn(fleet);
  const quiet = await onlineHost(browser, "web-1");
  await quiet.report({ type: "metrics", cpu: 1 });
  await enrollHost(browser, "web-2");
  now += 4_000;
  const other = await onlineHost(browser, "web-3");
  await other.report({ type: "metrics", cpu: 1 });
  await dispatchUptime(browser, quiet);

  const { text } = await send(fleet.address, "GET", "/metrics");
  const found = Object.fromEntries(
    [...text.matchAll(/^neverstale_fleet_(\w+) (\d+)$/gm)].map(([, name, value]) => [name, value]),
  );

  expect(found).toEqual({
    hosts: "3",
    hosts_online: "2",
    hosts_longest_silent_ms: "4000",
    commands_pending: "1",
    commands_running: "0",
    pipelines_running: "0",
    alerts_firing: "0",
    alerts_acknowledged: "0",
  });
  expect(text).toContain("# TYPE neverstale_writer_commits_total counter");
  expect(text).toContain("# TYPE neverstale_fleet_hosts gauge");
  expect(text).not.toContain("web-1");
});
