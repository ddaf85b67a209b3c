import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import type { AgentReport, ReportsRequest } from "@neverstale/fleet-domain";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Gauges } from "../../machine/io/gauges.ts";
import { CredentialKeeper } from "./credential-keeper.ts";
import { Reporter } from "./reporter.ts";
import { ServerApi } from "./server-api.ts";
import { SYSTEM_TRUST } from "./server-trust.ts";

let server: Server;
let api: ServerApi;
let refusing: boolean;
const taken: AgentReport[] = [];
const sentAt: (string | undefined)[] = [];

/** A server that takes every report, as far as that matters here. */
beforeEach(async () => {
  refusing = false;
  taken.length = 0;
  sentAt.length = 0;
  server = createServer(async (request, response) => {
    const { reports, sentAt: told } = (await json(request)) as ReportsRequest;
    sentAt.push(told);
    if (refusing) return response.writeHead(400).end();
    taken.push(...reports);
    const answer = { now: new Date().toISOString(), received: {}, finished: [], more: "of a newer server" };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  api = new ServerApi(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`), SYSTEM_TRUST);
});

afterEach(() => {
  api.close();
  server.closeAllConnections();
  server.close();
});

function reporterWith(hostname: () => string): Reporter {
  const hello = (): AgentReport => {
    const check = { status: "ok", message: "", checkedAt: new Date().toISOString() } as const;
    const facts = { os: "Linux", arch: "x64", agentVersion: "1", ops: [], checks: { "agent-file": check } };
    return { type: "hello", hostname: hostname(), ...facts };
  };
  const log = pino({ level: "silent" });
  const kept = { hostId: "web-1", credential: "a credential of this host", tokenHash: "" };
  return new Reporter({
    api,
    credential: new CredentialKeeper(kept, { keep: () => {}, api, log }),
    log,
    gauges: new Gauges(),
    heartbeatMs: 200,
    instance: "run-1",
    sight: () => ({ known: [], refusals: [], tellAgain: new Set() }),
    readOutput: () => [],
    hello,
    checks: null,
    onClock: () => {},
    onEnd: () => false,
    onAccepted: () => {},
    onNotAccepted: () => {},
  });
}

const names = () => taken.flatMap((report) => (report.type === "hello" ? [report.hostname] : []));
const heartbeats = () => taken.filter((report) => report.type === "metrics").length;

test("a machine that is renamed while its agent runs is told with a heartbeat, once", async () => {
  let hostname = "web-1";
  const reporter = reporterWith(() => hostname);
  const running = reporter.run();
  await expect.poll(heartbeats).toBe(2);
  expect(names()).toEqual(["web-1"]);

  hostname = "web-2";
  await expect.poll(names).toEqual(["web-1", "web-2"]);
  const before = heartbeats();
  await expect.poll(heartbeats).toBeGreaterThan(before);

  expect(names()).toEqual(["web-1", "web-2"]);
  reporter.stop();
  await running;
});

test("a hello that the server did not take is told again", async () => {
  refusing = true;
  const reporter = reporterWith(() => "web-1");
  const running = reporter.run();
  await new Promise((resolve) => server.once("request", resolve));

  refusing = false;

  await expect.poll(names).toEqual(["web-1"]);
  reporter.stop();
  await running;
});

test("each batch tells the time at which it is sent, also when it is sent again", async () => {
  const before = Date.now();
  const reporter = reporterWith(() => "web-1");
  const running = reporter.run();
  await expect.poll(() => sentAt.length).toBeGreaterThan(2);
  reporter.stop();
  await running;

  const told = sentAt.map((at) => Date.parse(at ?? ""));
  expect(told.every((ms) => ms >= before && ms <= Date.now())).toBe(true);
  expect(new Set(told).size).toBeGreaterThan(1);
});
