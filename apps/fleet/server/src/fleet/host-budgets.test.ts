import type { AgentReport, Command, Event, OpOffer } from "@neverstale/fleet-domain";
import { memoryStore, RETENTION } from "@neverstale/server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RunningFleet } from "../process/io/start.ts";
import { type Browser, enrollHost, Fleets, type HostAgent, OPS, onlineHost, signIn } from "./fleet-suite.ts";

const fleets = new Fleets();
let fleet: RunningFleet;
let browser: Browser;
let now = Date.now();

const LIMITS = {
  recordBytes: 4_096,
  commandOutputBytes: 100,
  outputBytesAfterCancel: 40,
  outputBytes: 250,
  outputBytesPerSecond: 10,
  eventsPerMinute: 6,
  auditEvents: 4,
  auditEventsPerHour: 60,
};

beforeEach(async () => {
  fleet = await fleets.start({
    now: () => now,
    hostLimits: LIMITS,
    eventLimit: 20,
    auditLimit: 1_000,
    store: memoryStore({ retention: { ...RETENTION, historyRows: 10 } }),
  });
  browser = await signIn(fleet);
});
afterEach(() => fleets.end());

async function running(host: HostAgent, op = "uptime"): Promise<string> {
  const answer = await browser.post("/api/dispatch", { op, hosts: [host.id] });
  const [{ id }] = answer.body.commands as unknown as [{ id: string }];
  await host.claim(id);
  return id;
}

function piece(commandId: string, offset: number, bytes = 40): AgentReport {
  return { type: "output", commandId, offset, bytes, text: "x".repeat(bytes) };
}

function received(answer: { body: Record<string, unknown> }, id: string): number | undefined {
  return (answer.body.received as Record<string, number>)[id];
}

function command(id: string): Command | undefined {
  return fleet.manager.state.commands.get(id);
}

async function metrics(): Promise<string> {
  return (await browser.get("/metrics")).text;
}

async function outputOf(id: string): Promise<string> {
  return (await browser.get(`/api/commands/${id}/output`)).text;
}

async function eventsOf(query: string): Promise<Event[]> {
  const events: Event[] = [];
  for (let before = ""; ; ) {
    const { body } = await browser.get(`/api/event-log?limit=7${query}${before}`);
    events.push(...(body.events as unknown as Event[]));
    if (body.next === null) return events;
    before = `&before=${encodeURIComponent(String(body.next))}`;
  }
}

async function actionsOf(host: HostAgent): Promise<string[]> {
  return (await eventsOf("")).filter((event) => event.host === host.id).map((event) => event.action);
}

function hello(host: HostAgent, over: Partial<Extract<AgentReport, { type: "hello" }>> = {}): AgentReport {
  const facts = { os: "Linux", arch: "x64", agentVersion: "1.0.0", ops: OPS, checks: {} };
  return { type: "hello", hostname: host.id, ...facts, ...over };
}

describe("audit events", () => {
  test("[B38] are all there, in order and once, however much else has been pushed out of the history", async () => {
    const host = await onlineHost(browser, "web-1");
    for (let n = 0; n < 30; n += 1) await browser.call("PATCH", `/api/hosts/${host.id}`, { location: `rack ${n}` });
    const id = await running(host);
    for (let offset = 0; offset < 80; offset += 1) await host.report(piece(id, offset, 1));
    const rows = async () => Number(/^neverstale_store_history_rows (\d+)/m.exec(await metrics())?.[1]);
    await expect.poll(rows).toBeLessThanOrEqual(10);

    const [all, audit] = [await eventsOf(""), await eventsOf("&category=audit")];

    for (const events of [all, audit]) {
      expect(events.filter((event) => event.action === "host_changed")).toHaveLength(30);
      expect(new Set(events.map((event) => event.id)).size).toBe(events.length);
      expect(events.map((event) => event.at)).toEqual(events.map((event) => event.at).sort((a, b) => (a < b ? 1 : -1)));
    }
    expect(audit.every((event) => event.category === "audit")).toBe(true);
  });

  test("those from before they were kept apart are in the whole log all the same, once", async () => {
    const old = await fleets.start({ now: () => now });
    await old.parts.transactions.transact((work) => {
      const at = new Date(now - 1000).toISOString();
      const event = {
        category: "audit",
        level: "info",
        actor: "admin",
        action: "signed_in",
        message: "long ago",
      } as const;
      work.change("event", "", { ...event, id: "old", at });
    });
    const admin = await signIn(old);

    const idsOf = async (query: string) => {
      const { body } = await admin.get(`/api/event-log${query}`);
      return (body.events as unknown as Event[]).map(({ id }) => id);
    };
    const [all, audit] = [await idsOf(""), await idsOf("?category=audit")];

    expect(all.filter((id) => id === "old")).toHaveLength(1);
    expect(new Set(all).size).toBe(all.length);
    expect(audit).not.toContain("old");
  });

  test("a cursor that is none is refused", async () => {
    const answers = await Promise.all(
      ["nonsense", "live x", ";;", "live x;live y"].map((before) =>
        browser.get(`/api/event-log?before=${encodeURIComponent(before)}`),
      ),
    );

    expect(answers.map((answer) => answer.status)).toEqual([400, 400, 400, 400]);
  });
});

describe("events of a host", () => {
  test("a hello is noted when it changes something", async () => {
    const host = await onlineHost(browser, "web-1");
    const before = await actionsOf(host);
    const check = (ms: number) => ({ status: "ok", message: "", checkedAt: new Date(now - ms).toISOString() }) as const;

    await host.report(hello(host, { checks: { disk: check(0) } }));
    for (let n = 0; n < 20; n += 1) await host.report(hello(host, { checks: { disk: check(n) } }));
    await host.report(hello(host, { checks: { disk: check(0) }, agentVersion: "2.0.0" }));

    const after = await actionsOf(host);
    expect(after.filter((action) => action === "agent_changed")).toHaveLength(
      before.filter((action) => action === "agent_changed").length + 2,
    );
  });

  test("[B42] beyond so many a minute they are left out, one event says so, and they come back with time", async () => {
    const host = await onlineHost(browser, "web-1");
    const other = await onlineHost(browser, "web-2");

    for (let n = 0; n < 20; n += 1) await host.report(hello(host, { agentVersion: `1.0.${n}` }));
    await other.report(hello(other, { agentVersion: "2.0.0" }));

    const actions = await actionsOf(host);
    expect(actions.filter((action) => action === "agent_changed").length).toBeLessThanOrEqual(LIMITS.eventsPerMinute);
    expect(actions.filter((action) => action === "host_events_left_out")).toHaveLength(1);
    expect(await actionsOf(other)).toContain("agent_changed");
    expect(await metrics()).toMatch(/neverstale_hosts_events_left_out [1-9]/);
    now += 60_000;
    await host.report(hello(host, { agentVersion: "3.0.0" }));
    expect((await eventsOf(""))[0]?.message).toContain("3.0.0");
  });

  test("what a person asked for is noted, however many events the agent causes", async () => {
    const host = await onlineHost(browser, "web-1");
    for (let n = 0; n < 20; n += 1) await host.report(hello(host, { agentVersion: `1.0.${n}` }));

    const id = await running(host);
    await host.finished(id, "succeeded");

    const actions = (await eventsOf(""))
      .filter((event) => event.details?.commandId === id)
      .map((event) => event.action);
    expect(actions.sort()).toEqual(["command_ended", "command_started"]);
  });

  test("of several hellos in a request the last one counts", async () => {
    const host = await onlineHost(browser, "web-1");
    const version = () => fleet.manager.state.hosts.get(host.id)?.agentVersion;

    await host.report(...Array.from({ length: 40 }, (_, n) => hello(host, { agentVersion: `1.0.${n}` })));

    expect(version()).toBe("1.0.39");
    expect(await actionsOf(host)).not.toContain("host_events_left_out");
  });

  test("[B47] audit events that an agent causes are limited further, and what is adopted with them", async () => {
    const host = await onlineHost(browser, "web-1");
    const startedAt = new Date(now).toISOString();
    const known = Array.from({ length: 9 }, (_, n) => ({ commandId: `c${n}`, op: "uptime", args: {}, startedAt }));
    const state: AgentReport = { type: "state", known: known.map((entry) => ({ ...entry, phase: "ended" })) };
    const adopted = () => known.filter(({ commandId }) => command(commandId) !== undefined).length;

    await host.report(state);
    await host.report(state);
    expect(adopted()).toBe(LIMITS.auditEvents);
    now += 60_000;
    await host.report(state);

    expect(adopted()).toBe(LIMITS.auditEvents + 1);
    expect((await eventsOf("&category=audit")).filter(({ action }) => action === "command_adopted")).toHaveLength(5);
  });

  test("a claim by another instance that is asked again and again raises no alarm without end", async () => {
    const host = await onlineHost(browser, "web-1");
    const id = await running(host);

    for (let n = 0; n < 30; n += 1) await host.claim(id, `clone-${n}`);

    const refused = (await actionsOf(host)).filter((action) => action === "claim_refused");
    expect(refused.length).toBeLessThanOrEqual(LIMITS.eventsPerMinute);
  });
});

describe("output of a host", () => {
  test("[B39] of one command is cut with a mark, acknowledged all the same, and the end gets through", async () => {
    const host = await onlineHost(browser, "web-1");
    const id = await running(host);

    const answers = [];
    for (let offset = 0; offset < 400; offset += 40) answers.push(await host.report(piece(id, offset)));
    await host.finished(id, "succeeded", 400);

    expect(answers.map((answer) => received(answer, id))).toEqual([40, 80, 120, 160, 200, 240, 280, 320, 360, 400]);
    expect(await outputOf(id)).toBe(`${"x".repeat(80)}\n[output cut: of one command 100 bytes are kept]\n`);
    expect(command(id)).toMatchObject({ status: "succeeded", outputBytes: Buffer.byteLength(await outputOf(id)) });
    expect((await actionsOf(host)).filter((action) => action === "output_cut")).toHaveLength(1);
    expect(await metrics()).toContain("neverstale_hosts_output_bytes_dropped 320");
  });

  test("[B40] of all its commands is bounded too, and others have their own", async () => {
    const [host, other] = [await onlineHost(browser, "web-1"), await onlineHost(browser, "web-2")];
    const ids: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      const id = await running(host);
      await host.report(piece(id, 0), piece(id, 40));
      await host.finished(id, "succeeded", 80);
      ids.push(id);
    }

    const id = await running(other);
    await other.report(piece(id, 0));

    const outputs = await Promise.all(ids.map(outputOf));
    expect(outputs.slice(0, 3)).toEqual(["x".repeat(80), "x".repeat(80), "x".repeat(80)]);
    expect(outputs[3]).toBe("\n[output cut: its host has written more than is kept of one host]\n");
    expect(command(ids[3] ?? "")?.status).toBe("succeeded");
    expect(await outputOf(id)).toBe("x".repeat(40));
    expect(await metrics()).toMatch(/neverstale_hosts_output_used_most_percent [1-9]/);
  });

  test("[B41] after it was asked to stop a program may say a little more, and then no more is kept", async () => {
    const host = await onlineHost(browser, "web-1");
    const id = await running(host);
    await host.report(piece(id, 0, 10));
    await browser.post(`/api/commands/${id}/cancel`);

    const answers = [];
    for (let offset = 10; offset < 90; offset += 20) answers.push(await host.report(piece(id, offset, 20)));
    await host.finished(id, "cancelled", 90);

    expect(answers.map((answer) => received(answer, id))).toEqual([30, 50, 70, 90]);
    expect(await outputOf(id)).toBe(`${"x".repeat(50)}\n[output cut: it was asked to stop, and went on]\n`);
    expect(command(id)?.status).toBe("cancelled");
  });

  test("[B41] behind an end is acknowledged and dropped, whatever ended it", async () => {
    const host = await onlineHost(browser, "web-1");
    const finished = await running(host);
    await host.report(piece(finished, 0));
    await host.finished(finished, "failed", 40);
    const answer = await browser.post("/api/dispatch", { op: "uptime", hosts: [host.id] });
    const [{ id: cancelled }] = answer.body.commands as unknown as [{ id: string }];
    await browser.post(`/api/commands/${cancelled}/cancel`);

    const late = await host.report(piece(finished, 40), piece(cancelled, 0));

    expect([received(late, finished), received(late, cancelled)]).toEqual([80, 40]);
    expect(await outputOf(finished)).toBe("x".repeat(40));
    expect(command(finished)?.outputBytes).toBe(40);
    const end = await host.finished(cancelled, "cancelled", 4_000);
    expect(end.body.finished).toEqual([cancelled]);
  });
});

describe("what a host says of itself", () => {
  test("[B43] an agent that offers more than a host's record may hold keeps what it offered before", async () => {
    const host = await onlineHost(browser, "web-1");
    const many: OpOffer[] = Array.from({ length: 100 }, (_, n) => ({
      name: `op-${n}`,
      title: "t".repeat(90),
      args: [],
    }));

    const answer = await host.report(hello(host, { ops: many, agentVersion: "2.0.0" }), { type: "metrics", cpu: 1 });

    expect(answer.status).toBe(200);
    expect(fleet.manager.state.hosts.get(host.id)).toMatchObject({ ops: OPS, agentVersion: "2.0.0" });
    expect(fleet.manager.state.metrics.get(host.id)).toMatchObject({ cpu: 1 });
    expect(await actionsOf(host)).toContain("hello_too_large");
  });

  test("another hostname is an audit event and changes neither what it is called nor how it is chosen", async () => {
    const [victim, host] = [await onlineHost(browser, "db-prod"), await onlineHost(browser, "web-1")];

    await host.report(hello(host, { hostname: "db-prod" }));
    const answer = await browser.post("/api/dispatch", { op: "uptime", hosts: ["db-prod"] });

    const [event] = (await eventsOf("&category=audit")).filter(({ action }) => action === "hostname_changed");
    expect(event).toMatchObject({
      host: "web-1",
      message: "the agent of web-1 calls itself db-prod now, web-1 before",
    });
    expect(fleet.manager.state.hosts.get("web-1")).toMatchObject({ id: "web-1", hostname: "db-prod" });
    expect(answer.body.commands).toMatchObject([{ host: victim.id }]);
  });

  test.each([" ", "\u200b", "\u202edorp-bd", "db-prod ", "db\u00a0prod", "a\u0007b"])(
    "a hostname like %j is not taken, the hello is, and an event says so",
    async (hostname) => {
      const host = await onlineHost(browser, "web-1");

      await host.report(hello(host, { hostname, agentVersion: "2.0.0" }));

      expect(fleet.manager.state.hosts.get(host.id)).toMatchObject({ hostname: "web-1", agentVersion: "2.0.0" });
      expect(await actionsOf(host)).toContain("hostname_refused");
    },
  );

  test("its words turn nothing around, whatever they stand in", async () => {
    const host = await onlineHost(browser, "web-1");
    const [turned, shown] = [
      "a\u202eb\u2067c\ud800\nd \u0646\u200c\u0647",
      "a\ufffdb\ufffdc\ufffd d \u0646\u200c\u0647",
    ];
    const checks = { disk: { status: "ok" as const, message: turned, checkedAt: new Date(now).toISOString() } };
    const words = { os: turned, arch: turned, agentVersion: turned, checks };
    const id = await running(host);

    await host.report(hello(host, { ...words, ops: [{ name: "uptime", title: turned, args: [] }] }));
    await host.report({ type: "progress", commandId: id, phase: turned, message: turned });
    const { progress } = command(id) ?? {};
    const finishedAt = new Date(now).toISOString();
    await host.report({
      type: "finished",
      commandId: id,
      status: "failed",
      reason: turned,
      finishedAt,
      outputBytes: 0,
    });

    expect(fleet.manager.state.hosts.get(host.id)).toMatchObject({
      os: shown,
      arch: shown,
      agentVersion: shown,
      checks: { disk: { message: shown } },
      ops: [{ title: shown }],
    });
    expect(progress).toMatchObject({ phase: shown, message: shown });
    expect(command(id)?.reason).toBe(shown);
  });

  test("a machine called all is not every host", async () => {
    const host = await enrollHost(browser, "all");

    expect(host.id).toMatch(/^all-.+/);
  });

  test("a machine that enrols under a name that can't be shown is called by its id", async () => {
    const host = await enrollHost(browser, "\u202e\u200b ");

    const { id, hostname } = fleet.manager.state.hosts.get(host.id) ?? {};
    expect(id).toMatch(/^host/);
    expect(hostname).toBe(id);
    expect((await eventsOf("")).map(({ message }) => message)).not.toContainEqual(
      expect.stringMatching(/[\u200b\u202e]/),
    );
  });

  test("a name that an admin gives is no other host's name or id, also not one that enrols later", async () => {
    const [one, two] = [await onlineHost(browser, "web-1"), await onlineHost(browser, "web-2")];
    const name = (host: HostAgent, text: string | null) =>
      browser.call("PATCH", `/api/hosts/${host.id}`, { name: text });

    const given = await name(one, "Shop");
    const refused = [
      await name(two, "Shop"),
      await name(two, "SHOP"),
      await name(two, "web-1"),
      await name(two, "\u200b"),
    ];
    const late = await enrollHost(browser, "shop");
    const [own, taken] = [await name(one, "web-1"), await name(one, null)];

    expect(given.body.host).toMatchObject({ id: "web-1", name: "Shop" });
    expect(refused.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
    expect(late.id).toMatch(/^shop-.+/);
    expect([own.status, taken.status]).toEqual([200, 200]);
    expect(fleet.manager.state.hosts.get("web-1")).not.toHaveProperty("name");
  });
});

describe("times that an agent tells", () => {
  const clockOf = (host: HostAgent) => fleet.manager.state.hosts.get(host.id)?.clockSkewed;

  test.each(["1970-01-01T00:00:00.000Z", "2126-01-01T00:00:00Z"])(
    "%s is put right, and the host is marked",
    async (time) => {
      const host = await onlineHost(browser, "web-1");
      const id = await running(host);
      const createdAt = command(id)?.createdAt ?? "";
      now += 5_000;

      await host.report({
        type: "finished",
        commandId: id,
        status: "failed",
        startedAt: time,
        finishedAt: time,
        outputBytes: 0,
      });

      const { startedAt = "", finishedAt = "" } = command(id) ?? {};
      const nowIso = new Date(now).toISOString();
      expect([createdAt <= startedAt, startedAt <= finishedAt, finishedAt <= nowIso]).toEqual([true, true, true]);
      expect(clockOf(host)).toBe(true);
      expect(await actionsOf(host)).toContain("clock_skewed");
      const next = await running(host);
      await host.report({
        type: "finished",
        commandId: next,
        status: "failed",
        finishedAt: new Date(now).toISOString(),
        outputBytes: 0,
      });
      expect(clockOf(host)).toBeUndefined();
    },
  );

  test.each([-300_000, -5_000, 0, 5_000, 300_000])(
    "how long it took is right by a clock that is %i ms off",
    async (offMs) => {
      const host = await onlineHost(browser, "web-1");
      const id = await running(host);
      const time = () => new Date(now + offMs).toISOString();
      const startedAt = time();
      now += 20_000;

      await host.report({
        type: "finished",
        commandId: id,
        status: "failed",
        startedAt,
        finishedAt: time(),
        outputBytes: 0,
      });

      const { startedAt: from = "", finishedAt: to = "" } = command(id) ?? {};
      expect(Date.parse(to) - Date.parse(from)).toBe(20_000);
      expect(Date.parse(to)).toBeLessThanOrEqual(now);
      expect(clockOf(host)).toBe(Math.abs(offMs) > 60_000 ? true : undefined);
    },
  );

  test("those of checks, and of what is adopted, are put right too", async () => {
    const host = await onlineHost(browser, "web-1");
    const time = "2126-01-01T00:00:00.000Z";

    await host.report(hello(host, { checks: { disk: { status: "ok", message: "", checkedAt: time } } }));
    await host.report({
      type: "state",
      known: [
        { commandId: "adopted", op: "uptime", args: {}, phase: "running", startedAt: "1970-01-01T00:00:00.000Z" },
      ],
    });

    const { checks, enrolledAt = "" } = fleet.manager.state.hosts.get(host.id) ?? {};
    expect(checks?.disk?.checkedAt).toBe(new Date(now).toISOString());
    expect(Date.parse(command("adopted")?.startedAt ?? "")).toBeGreaterThan(Date.parse(enrolledAt) - 3_600_000);
    expect(clockOf(host)).toBe(true);
  });
});

describe("an end without a claim", () => {
  test.each(["succeeded", "failed", "timed_out", "lost"] as const)("%s is not counted, and said", async (status) => {
    const host = await onlineHost(browser, "web-1");
    const answer = await browser.post("/api/dispatch", { op: "uptime", hosts: [host.id] });
    const [{ id }] = answer.body.commands as unknown as [{ id: string }];
    const finishedAt = new Date(now).toISOString();

    const told = await host.report({ type: "finished", commandId: id, status, finishedAt, outputBytes: 0 });

    expect(told.body.finished).toEqual([]);
    expect(command(id)?.status).toBe("pending");
    expect(await actionsOf(host)).toContain("end_refused");
  });

  test("is counted after a restore, once the agent has said that it ran: adopted", async () => {
    const host = await onlineHost(browser, "web-1");
    const answer = await browser.post("/api/dispatch", { op: "uptime", hosts: [host.id] });
    const [{ id }] = answer.body.commands as unknown as [{ id: string }];
    const startedAt = new Date(now).toISOString();

    await host.report({ type: "state", known: [{ commandId: id, op: "uptime", args: {}, phase: "ended", startedAt }] });
    await host.finished(id, "succeeded");

    expect(command(id)?.status).toBe("succeeded");
    expect(await actionsOf(host)).toContain("command_adopted");
  });

  test("nothing is kept of what a command writes that was never claimed, and it is asked for again", async () => {
    const host = await onlineHost(browser, "web-1");
    const answer = await browser.post("/api/dispatch", { op: "uptime", hosts: [host.id] });
    const [{ id }] = answer.body.commands as unknown as [{ id: string }];

    const early = await host.report(piece(id, 0));
    await host.claim(id);
    const late = await host.report(piece(id, 0));

    expect([received(early, id), received(late, id)]).toEqual([0, 40]);
    expect(await outputOf(id)).toBe("x".repeat(40));
  });

  test("a refusal by the host's own file needs none", async () => {
    const host = await onlineHost(browser, "web-1");
    const answer = await browser.post("/api/dispatch", { op: "uptime", hosts: [host.id] });
    const [{ id }] = answer.body.commands as unknown as [{ id: string }];
    const finishedAt = new Date(now).toISOString();

    await host.report({ type: "finished", commandId: id, status: "rejected", finishedAt, outputBytes: 0 });

    expect(command(id)?.status).toBe("rejected");
    expect(command(id)).not.toHaveProperty("startedAt");
  });
});
