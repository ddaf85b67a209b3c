import { Writable } from "node:stream";
import type { AgentReport, Event, Host } from "@neverstale/fleet-domain";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Browser,
  dispatchUptime,
  Fleets,
  HostAgent,
  hostMaker,
  OPS,
  send,
  signIn,
} from "../../fleet/fleet-suite.ts";
import type { RunningFleet } from "../../process/io/start.ts";

/*
 * An agent that means harm tries all that it has. What it tries is refused or cut, stands in the log or among the events, and is counted. The
 * details of each bound stand elsewhere: output and events in host-budgets.test.ts, credentials and clones in rotation.test.ts, tokens in
 * security.test.ts, requests and sockets in credential-limits.test.ts, what may be run in the agent's own plan.test.ts.
 */

const fleets = new Fleets();
let fleet: RunningFleet;
let browser: Browser;
const lines: string[] = [];
const newHost = hostMaker(() => browser);

beforeAll(async () => {
  const log = new Writable({
    write: (chunk: Buffer, _, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  fleet = await fleets.start({
    log: pino({ base: null }, log),
    eventLimit: 1_000,
    hostLimits: { commandOutputBytes: 10_000, recordBytes: 16_384, eventsPerMinute: 30 },
    rateLimits: { attempts: { burst: 5, perSecond: 1 / 60 } },
  });
  browser = await signIn(fleet);
});
afterAll(() => fleets.end());

const events = (host: HostAgent): Event[] =>
  [...fleet.manager.state.events.values()].filter((one) => one.host === host.id);
const actions = (host: HostAgent) => events(host).map(({ action }) => action);

async function metric(name: string): Promise<number> {
  const { text } = await browser.get("/metrics");
  return text
    .split("\n")
    .filter((line) => line.startsWith(`neverstale_${name} `) || line.startsWith(`neverstale_${name}{`))
    .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

async function refusals(status: number): Promise<number> {
  const { text } = await browser.get("/metrics");
  const counted = text.split("\n").filter((line) => /^neverstale_http_requests_total\{/.test(line));
  return counted
    .filter((line) => line.includes(`status="${status}"`))
    .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

const record = (host: HostAgent): Host | undefined => fleet.manager.state.hosts.get(host.id);

test("[C31] [C38] ids of other hosts: nothing of theirs moves, and each try is told of and counted", async () => {
  const [host, victim] = [await newHost(), await newHost()];
  const id = await dispatchUptime(browser, victim);
  await victim.claim(id);
  const before = JSON.stringify(fleet.manager.state.commands.get(id));
  const counted = await metric("hosts_foreign_commands");

  const claimed = await host.claim(id, "run-of-the-victim");
  const answers = [
    await host.report({ type: "output", commandId: id, offset: 0, bytes: 4, text: "evil" }),
    await host.report({ type: "progress", commandId: id, phase: "evil" }),
    await host.finished(id, "succeeded"),
    await host.report({
      type: "state",
      known: [{ commandId: id, op: "uptime", args: {}, phase: "ended", startedAt: "2026-01-01T00:00:00Z" }],
    }),
  ];

  expect([claimed.status, claimed.body.code]).toEqual([409, "claim_refused"]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(JSON.stringify(fleet.manager.state.commands.get(id))).toBe(before);
  expect((await browser.get(`/api/commands/${id}/output`)).text).toBe("");
  expect(actions(host)).toContain("foreign_command");
  expect(events(victim).some(({ actor }) => actor === `agent:${host.id}`)).toBe(false);
  expect(await metric("hosts_foreign_commands")).toBeGreaterThanOrEqual(counted + 4);
});

test("[C31] [C2] what is for people, for other agents and for other spaces is closed to its credential", async () => {
  const [host, victim] = [await newHost(), await newHost()];
  const before = await refusals(401);
  const asked = await Promise.all(
    ["/api/state", "/api/users", `/api/hosts/${victim.id}/output`, "/api/notifications", "/sync/snapshot"].map((path) =>
      send(fleet.address, "GET", path, { headers: host.headers }),
    ),
  );
  const acted = await send(fleet.address, "DELETE", `/api/hosts/${victim.id}`, { headers: host.headers });

  expect(asked.filter(({ status }) => status < 400)).toEqual([]);
  expect(acted.status).toBeGreaterThanOrEqual(401);
  expect(record(victim)).toBeDefined();
  expect(await refusals(401)).toBeGreaterThan(before);
  expect(lines.some((line) => line.includes("a request was refused"))).toBe(true);
});

test("[C38] [C37] replayed credentials and tokens: a removed host's, a used token's, and one of nobody's", async () => {
  const host = await newHost();
  const made = await browser.post("/api/enrollment-tokens", {});
  const facts = { hostname: "twice", os: "Linux", arch: "x64", agentVersion: "1" };
  const enrol = (nonce: string) =>
    send(fleet.address, "POST", "/agent/enroll", { body: { token: made.body.token, nonce, ...facts } });
  const first = await enrol("a nonce of the first agent, long enough");
  const again = await enrol("a nonce of the second agent, long enough");
  await browser.call("DELETE", `/api/hosts/${host.id}`);
  const removed = await host.hello();
  const unknown = await new HostAgent(fleet.address, host.id, "x".repeat(43)).hello();

  expect([first.status, again.status, removed.status, unknown.status]).toEqual([200, 401, 401, 401]);
  expect(record(host)).toBeUndefined();
  expect(lines.some((line) => line.includes("/agent/reports") && line.includes("not_signed_in"))).toBe(true);
  expect(lines.join("")).not.toContain(host.credential);
  expect(lines.join("")).not.toContain(String(made.body.token));
});

test("huge output, huge hellos and huge requests are cut, told of and counted", async () => {
  const host = await newHost();
  const id = await dispatchUptime(browser, host);
  await host.claim(id);
  const dropped = await metric("hosts_output_bytes_dropped");
  for (let offset = 0; offset < 40_000; offset += 4_000)
    await host.report({ type: "output", commandId: id, offset, bytes: 4_000, text: "x".repeat(4_000) });
  const many = Array.from({ length: 150 }, (_, at) => ({ name: `op-${at}`, title: "t".repeat(400), args: [] }));
  await host.hello(many);
  const body = { instance: "run-1", seq: 99, reports: Array(101).fill({ type: "metrics" }) };
  const tooMany = await send(fleet.address, "POST", "/agent/reports", { body, headers: host.headers });
  const tooLarge = await send(fleet.address, "POST", "/agent/reports", {
    body: JSON.stringify({ instance: "run-1", seq: 100, reports: [], more: "x".repeat(1_100_000) }),
    headers: host.headers,
  });

  const written = (await browser.get(`/api/commands/${id}/output`)).text;
  expect(written.length).toBeLessThan(10_200);
  expect(written).toContain("[output cut: ");
  expect(record(host)?.ops).toEqual(OPS);
  expect(actions(host)).toEqual(expect.arrayContaining(["output_cut", "hello_too_large"]));
  expect(await metric("hosts_output_bytes_dropped")).toBeGreaterThanOrEqual(dropped + 28_000);
  expect(await metric("hosts_hellos_too_large")).toBeGreaterThan(0);
  expect([tooMany.status, tooLarge.status]).toEqual([400, 413]);
});

describe("ANSI and HTML in every field", () => {
  const EVIL = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\u001b]0;owned\u0007\u001b[2J\u001b[31mred",
    "line\r\nInjected: header\nlevel=info",
    "\u202egnp.exe\u2066",
    "\u009b31m\u0090q\u009c",
    '"}],"ops":[{"name":"rm"',
    '=HYPERLINK("http://evil")',
  ].join(" ");

  /** All texts of what is stored. */
  function textsIn(value: unknown): string[] {
    if (typeof value === "string") return [value];
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, member]) => [key, ...textsIn(member)]);
  }

  test("[C35] [C36] it is one line of text wherever it is shown, and no answer is anything but text or JSON", async () => {
    const host = await newHost();
    const id = await dispatchUptime(browser, host);
    await host.claim(id);
    const text = EVIL.slice(0, 400);
    const check = { status: "error", message: text, checkedAt: new Date().toISOString() } as const;
    const reports: AgentReport[] = [
      {
        type: "hello",
        hostname: text,
        os: text,
        arch: text,
        agentVersion: text,
        ops: [{ name: "uptime", title: text, args: [] }],
        checks: { evil: check },
      },
      { type: "progress", commandId: id, phase: text, message: text },
      { type: "metrics", cpu: 1, fileSystems: [{ path: text.slice(0, 200), used: 1 }] } as AgentReport,
      { type: "output", commandId: id, offset: 0, bytes: Buffer.byteLength(text), text },
      {
        type: "finished",
        commandId: id,
        status: "failed",
        reason: text,
        exitCode: 1,
        finishedAt: new Date().toISOString(),
        outputBytes: Buffer.byteLength(text),
      },
    ];
    const taken = await host.report(...reports);
    const state = await browser.get("/api/state");
    const log = await browser.get("/api/event-log");
    const plain = await browser.get(`/api/commands/${id}/output`);

    expect(taken.status).toBe(200);
    const { hosts, commands, events: told } = (state.body as unknown as { state: Record<string, unknown> }).state;
    const texts = textsIn([hosts, commands, told]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
    expect(texts.filter((each) => /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(each))).toEqual([]);
    expect(record(host)?.hostname).toBe(host.id);
    expect(actions(host)).toEqual(expect.arrayContaining(["agent_changed"]));
    expect(plain.text).not.toContain("\u001b");
    for (const answer of [state, log, plain]) {
      expect(answer.headers["x-content-type-options"]).toBe("nosniff");
      expect(String(answer.headers["content-type"])).toMatch(/^(application\/json|text\/plain)/);
      expect(String(answer.headers["content-security-policy"])).toContain("default-src 'none'");
    }
    expect(lines.filter((line) => line.trimEnd().includes("\n"))).toEqual([]);
  });
});

test("wrong clocks: times are put where they can be, and the host is marked", async () => {
  for (const time of ["1970-01-01T00:00:00.000Z", "2126-01-01T00:00:00.000Z"]) {
    const host = await newHost();
    const id = await dispatchUptime(browser, host);
    await host.claim(id);
    const before = new Date(Date.now() - 60_000).toISOString();
    await host.report({
      type: "finished",
      commandId: id,
      status: "succeeded",
      exitCode: 0,
      startedAt: time,
      finishedAt: time,
      outputBytes: 0,
    });

    const { startedAt = "", finishedAt = "", status } = fleet.manager.state.commands.get(id) ?? {};
    const now = new Date(Date.now() + 60_000).toISOString();
    expect([status, startedAt > before && startedAt < now, finishedAt >= startedAt && finishedAt < now]).toEqual([
      "succeeded",
      true,
      true,
    ]);
    expect(record(host)?.clockSkewed).toBe(true);
    expect(actions(host)).toContain("clock_skewed");
  }
});

test("an end without a claim, and what was ended twice, count for nothing", async () => {
  const host = await newHost();
  const id = await dispatchUptime(browser, host);
  const early = await host.finished(id, "succeeded");
  const pending = fleet.manager.state.commands.get(id)?.status;
  await host.run(id, "failed");
  await host.finished(id, "succeeded");

  expect([early.status, pending]).toEqual([200, "pending"]);
  expect(fleet.manager.state.commands.get(id)?.status).toBe("failed");
  expect(actions(host)).toContain("end_refused");
});

test("[C37] brute force at enrolment is made to wait, logged and counted, while others enrol", async () => {
  const refused = await refusals(429);
  const guesses: number[] = [];
  const facts = { hostname: "guess", os: "Linux", arch: "x64", agentVersion: "1" };
  for (let at = 0; at < 30; at += 1) {
    const body = { token: `a guess of a token, number ${at}`, nonce: "a nonce of somebody who guesses", ...facts };
    const answer = await send(fleet.address, "POST", "/agent/enroll", { body });
    guesses.push(answer.status);
    if (answer.status === 429) expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
  }

  expect(new Set(guesses)).toEqual(new Set([401, 429]));
  expect(guesses.filter((status) => status === 401).length).toBeLessThan(10);
  expect(await refusals(429)).toBeGreaterThan(refused + 10);
  expect(lines.some((line) => line.includes("too many attempts of one address"))).toBe(true);
  expect(lines.join("")).not.toContain("a guess of a token");
  expect([...fleet.manager.state.hosts.values()].some(({ hostname }) => hostname === "guess")).toBe(false);
});
