import type { Command, Event } from "@neverstale/fleet-domain";
import { memoryStore } from "@neverstale/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Browser,
  commandsOf,
  dispatchUptime,
  enrollHost,
  Fleets,
  type HostAgent,
  hostMaker,
  onlineHost,
  type ServerAnswer,
  signIn,
  signInWith,
  upgrade,
} from "../fleet/fleet-suite.ts";
import { round } from "../process/io/rounds.ts";
import type { RunningFleet } from "../process/io/start.ts";
import { DELIVER_WITHIN_MS, WAIT_WITHIN_MS } from "./waiting-times.ts";

const fleets = new Fleets();
let fleet: RunningFleet;
let browser: Browser;

/** A host that reports once stays online, however long the tests take. */
const now = Date.now();

beforeAll(async () => {
  fleet = await fleets.start({ now: () => now });
  browser = await signIn(fleet);
});
afterAll(() => fleets.end());

const newHost = hostMaker(() => browser);
const start = (host: HostAgent, more: Record<string, unknown> = {}) => dispatchUptime(browser, host, more);

function command(id: string): Command | undefined {
  return fleet.manager.state.commands.get(id);
}

function events(action: string): Event[] {
  return [...fleet.manager.state.events.values()].filter((event) => event.action === action);
}

describe("dispatch", () => {
  test("[D2] 202 with an id for each host, and the epoch and version at which the effect is in the state", async () => {
    const host = await newHost();

    const answer = await browser.post("/api/dispatch", { op: "count", hosts: [host.id] });

    expect(answer.status).toBe(202);
    const [dispatched] = commandsOf(answer);
    expect(answer.body).toMatchObject({ epoch: fleet.manager.epoch, version: fleet.manager.version });
    expect(command(dispatched?.id ?? "")).toMatchObject({
      host: host.id,
      op: "count",
      args: { to: 10 },
      status: "pending",
      requestedBy: "admin",
    });
    const assigned = fleet.manager.space(`agent/${host.id}`)?.state.commands?.get(dispatched?.id ?? "");
    expect(assigned).toMatchObject({ op: "count", args: { to: 10 }, status: "assigned" });
    expect(assigned).not.toHaveProperty("argv");
    expect(events("op_dispatched").at(-1)).toMatchObject({ actor: "admin", host: host.id, category: "audit" });
  });

  test("a host that is offline, or doesn't allow the op, is blocked with the reason; the others start", async () => {
    const [ready, offline] = [await newHost(), await enrollHost(browser, "host-offline")];
    const picky = await newHost();
    await picky.hello([{ name: "disk", args: [] }]);
    const second = await newHost();
    await second.hello();

    const answer = await browser.post("/api/dispatch", { op: "uptime", hosts: [ready.id, offline.id, picky.id] });

    expect(commandsOf(answer).map(({ host, status, reason }) => [host, status, reason?.split(":")[0]])).toEqual([
      [ready.id, "pending", undefined],
      [offline.id, "blocked", "unknown_op"],
      [picky.id, "blocked", "unknown_op"],
    ]);
  });

  test("a host whose agent fell silent is offline, and blocked", async () => {
    let now = Date.now();
    const other = await fleets.start({ now: () => now });
    const admin = await signIn(other);
    const silent = await onlineHost(admin, "silent");
    now += 16_000;
    await untilOffline(other, silent.id);

    const answer = await admin.post("/api/dispatch", { op: "uptime", hosts: [silent.id] });

    expect(commandsOf(answer)).toMatchObject([{ status: "blocked", reason: expect.stringContaining("offline") }]);
    const actions = [...other.manager.state.events.values()].map((event) => event.action);
    expect(actions).toContain("host_offline");
  });

  test("a busy host is blocked, unless it shall wait; then it follows", async () => {
    const host = await newHost();
    const first = await start(host);
    const blocked = await start(host);
    const waiting = await start(host, { wait: true, op: "disk" });
    expect(command(blocked)).toMatchObject({ status: "blocked", reason: expect.stringContaining("busy") });
    expect(command(waiting)).toMatchObject({ status: "pending", reason: expect.stringContaining("busy") });

    await host.run(first);

    expect(command(first)?.status).toBe("succeeded");
    expect(command(waiting)).not.toHaveProperty("reason");
    expect([...(fleet.manager.space(`agent/${host.id}`)?.state.commands?.keys() ?? [])]).toEqual([waiting]);
  });

  test("forced, it waits for a busy host as for an offline one, and runs when that is back", async () => {
    let now = Date.now();
    const other = await fleets.start({ now: () => now });
    const admin = await signIn(other);
    const [busy, away, picky] = [
      await onlineHost(admin, "busy"),
      await onlineHost(admin, "away"),
      await onlineHost(admin, "picky"),
    ];
    await picky.hello([{ name: "disk", args: [] }]);
    now += 16_000;
    for (const host of [busy, picky]) await host.report({ type: "metrics", cpu: 1 });
    await untilOffline(other, away.id);
    await admin.post("/api/dispatch", { op: "disk", hosts: [busy.id] });

    const body = { op: "uptime", hosts: [busy.id, away.id, picky.id], force: true };
    const commands = commandsOf(await admin.post("/api/dispatch", body));

    expect(commands.map(({ status, reason }) => [status, reason?.split(":")[0]])).toEqual([
      ["pending", "busy"],
      ["pending", "offline"],
      ["blocked", "unknown_op"],
    ]);
    await away.report({ type: "metrics", cpu: 1 });
    await round(other.parts, false);
    expect(other.manager.space(`agent/${away.id}`)?.state.commands?.has(commands[1]?.id ?? "")).toBe(true);
  });

  test("forced, it is not run by a host that comes back after an hour", async () => {
    let now = Date.now();
    const other = await fleets.start({ now: () => now });
    const admin = await signIn(other);
    const away = await onlineHost(admin, "away");
    now += 16_000;
    await untilOffline(other, away.id);
    const [forced] = commandsOf(await admin.post("/api/dispatch", { op: "uptime", hosts: [away.id], force: true }));

    now += WAIT_WITHIN_MS;
    await away.report({ type: "metrics", cpu: 1 });
    await round(other.parts, false);

    expect(other.manager.state.commands.get(forced?.id ?? "")).toMatchObject({ status: "expired" });
  });

  test("a code of a second factor is taken by dispatch, pipeline and login, and means nothing yet", async () => {
    const host = await newHost();
    const body = { op: "uptime", hosts: [host.id] };
    const key = { "idempotency-key": "with-a-code" };

    const first = await browser.post("/api/dispatch", { ...body, totp: "123456" }, key);
    const repeat = await browser.post("/api/dispatch", { ...body, totp: "654321" }, key);
    const pipeline = await browser.post("/api/dispatch/pipeline", {
      pipeline: "health",
      hosts: [host.id],
      totp: "123456",
    });
    const login = await browser.post("/api/login", { username: "admin", password: "wrong", totp: "123456" });

    expect([first.status, repeat.status, pipeline.status, login.status]).toEqual([202, 202, 202, 401]);
    expect(repeat.body).toEqual(first.body);
  });

  test("an unknown host, an unknown op and wrong arguments refuse all of it", async () => {
    const host = await newHost();
    const before = fleet.manager.version;

    const unknownHost = await browser.post("/api/dispatch", { op: "uptime", hosts: [host.id, "nowhere"] });
    const unknownOp = await browser.post("/api/dispatch", { op: "reboot", hosts: [host.id] });
    const wrongArgs = await browser.post("/api/dispatch", { op: "count", hosts: [host.id], args: { to: 101 } });
    const wrongType = await browser.post("/api/dispatch", { op: "count", hosts: [host.id], args: { to: [1] } });
    const unknownPipeline = await browser.post("/api/dispatch/pipeline", { pipeline: "nothing", hosts: [host.id] });

    expect(unknownHost.body).toMatchObject({ status: 404, code: "unknown_host", hint: expect.any(String) });
    expect(unknownOp.body).toMatchObject({ status: 404, code: "unknown_op" });
    expect(wrongArgs.body).toMatchObject({ status: 422, code: "invalid_args" });
    expect(wrongType.body).toMatchObject({ status: 422, code: "invalid_args" });
    expect(unknownPipeline.body).toMatchObject({ status: 404, code: "unknown_pipeline" });
    expect(fleet.manager.version).toBe(before);
  });

  test("a host that is named twice runs it once", async () => {
    const host = await newHost();

    expect(commandsOf(await browser.post("/api/dispatch", { op: "uptime", hosts: [host.id, host.id] }))).toHaveLength(
      1,
    );
  });
});

describe("idempotency", () => {
  test("[D1] a repeat with the same key gets the first answer and does nothing again", async () => {
    const host = await newHost();
    const body = { op: "uptime", hosts: [host.id] };
    const first = await browser.post("/api/dispatch", body, { "idempotency-key": "key-1" });
    const before = fleet.manager.version;

    const [second, third] = await Promise.all([
      browser.post("/api/dispatch", body, { "idempotency-key": "key-1" }),
      browser.post("/api/dispatch", body, { "idempotency-key": "key-1" }),
    ]);

    expect(second.body).toEqual(first.body);
    expect(third.body).toEqual(first.body);
    expect(fleet.manager.version).toBe(before);
  });

  test("[D1] two at once with one key make one command", async () => {
    const host = await newHost();
    const body = { op: "uptime", hosts: [host.id] };

    const answers = await Promise.all(
      Array.from({ length: 5 }, () => browser.post("/api/dispatch", body, { "idempotency-key": "key-at-once" })),
    );

    expect(new Set(answers.map((answer) => JSON.stringify(commandsOf(answer)))).size).toBe(1);
    expect([...fleet.manager.state.commands.values()].filter((one) => one.host === host.id)).toHaveLength(1);
  });

  test("[D1] the same key with another body is 409 key_reused; on another route it is another key", async () => {
    const host = await newHost();
    await browser.post("/api/dispatch", { op: "uptime", hosts: [host.id] }, { "idempotency-key": "key-2" });

    const reused = await browser.post(
      "/api/dispatch",
      { op: "disk", hosts: [host.id] },
      { "idempotency-key": "key-2" },
    );
    const elsewhere = await browser.post(
      "/api/dispatch/pipeline",
      { pipeline: "health", hosts: [host.id] },
      { "idempotency-key": "key-2" },
    );

    expect(reused.body).toMatchObject({ status: 409, code: "key_reused" });
    expect(elsewhere.status).toBe(202);
  });

  test("[D1] a refused request leaves the key free", async () => {
    const host = await newHost();
    const headers = { "idempotency-key": "key-3" };

    expect((await browser.post("/api/dispatch", { op: "uptime", hosts: ["nowhere"] }, headers)).status).toBe(404);
    expect((await browser.post("/api/dispatch", { op: "uptime", hosts: [host.id] }, headers)).status).toBe(202);
  });

  test("[D1] a repeated cancel, change or removal gets the first answer, and touches nothing that came since", async () => {
    const host = await newHost();
    const id = await start(host);
    const calls = [
      ["POST", `/api/commands/${id}/cancel`, {}],
      ["PATCH", `/api/hosts/${host.id}`, { location: "Rack 4" }],
      ["DELETE", `/api/hosts/${host.id}`, undefined],
    ] as const;
    const callAll = async () => {
      const answers: ServerAnswer[] = [];
      for (const [method, path, body] of calls)
        answers.push(
          await browser.call(method, path, body, { "idempotency-key": `key of a ${method}`.replaceAll(" ", "-") }),
        );
      return answers.map((answer) => [answer.status, answer.body]);
    };

    const first = await callAll();
    const twin = await onlineHost(browser, host.id);
    const { socket } = await upgrade(fleet, "/agent/sync", twin.headers);
    const before = fleet.manager.version;
    const second = await callAll();

    expect(first.map(([status]) => status)).toEqual([202, 200, 200]);
    expect(second).toEqual(first);
    expect(fleet.manager.version).toBe(before);
    expect([twin.id, socket.readyState]).toEqual([`${host.id}-2`, socket.OPEN]); // No host gets the id of one that is gone.
    socket.terminate();
  });

  test("[D1] the key of one command's cancel is not that of another's", async () => {
    const [one, other] = [await start(await newHost()), await start(await newHost())];
    const headers = { "idempotency-key": "one-cancel" };

    const first = await browser.post(`/api/commands/${one}/cancel`, {}, headers);
    const second = await browser.post(`/api/commands/${other}/cancel`, {}, headers);

    expect([first.status, second.body.code]).toEqual([202, "key_reused"]);
  });

  test("[D1] a repeat gets the same enrolment token, which is stored nowhere; its removal can be repeated too", async () => {
    const password = "a password of the admin";
    const store = memoryStore();
    const own = await fleets.start({ store, adminPassword: password });
    const [admin, elsewhere] = [await signInWith(own, password), await signInWith(own, password)];
    const headers = { "idempotency-key": "a-token" };

    const first = await admin.post("/api/enrollment-tokens", { label: "rack 4" }, headers);
    const again = await admin.post("/api/enrollment-tokens", { label: "rack 4" }, headers);
    const other = await elsewhere.post("/api/enrollment-tokens", { label: "rack 4" }, headers);
    const path = `/api/enrollment-tokens/${first.body.id}`;
    const removals = [
      await admin.call("DELETE", path, undefined, headers),
      await admin.call("DELETE", path, undefined, headers),
    ];

    expect(again.body).toEqual(first.body);
    expect(other.body.token).not.toBe(first.body.token);
    expect(removals.map((answer) => answer.status)).toEqual([204, 204]);
    await own.manager.backup("copy");
    expect(store.backups.get("copy")?.answers).toHaveLength(3);
    expect(JSON.stringify(store.backups.get("copy"))).not.toContain(first.body.token);
  });

  test("a key that is none is refused", async () => {
    const host = await newHost();
    const body = { op: "uptime", hosts: [host.id] };

    for (const key of ["", "with space", "x".repeat(201)]) {
      expect((await browser.post("/api/dispatch", body, { "idempotency-key": key })).status).toBe(400);
    }
  });
});

describe("deadlines", () => {
  test("a command that nobody claims expires, and is gone from the agent's space", async () => {
    let now = Date.now();
    const other = await fleets.start({ now: () => now });
    const admin = await signIn(other);
    const host = await onlineHost(admin, "slow");
    const [assigned] = commandsOf(await admin.post("/api/dispatch", { op: "uptime", hosts: [host.id] }));
    const [waiting] = commandsOf(await admin.post("/api/dispatch", { op: "disk", hosts: [host.id], wait: true }));

    now += DELIVER_WITHIN_MS + 1;
    const late = await host.claim(assigned?.id ?? "");

    expect(late.body).toMatchObject({ status: 409, code: "claim_refused" });
    expect(other.manager.state.commands.get(assigned?.id ?? "")).toMatchObject({ status: "expired" });
    expect([...(other.manager.space(`agent/${host.id}`)?.state.commands?.keys() ?? [])]).toEqual([waiting?.id]);
    now += WAIT_WITHIN_MS;
    await round(other.parts, false);
    expect(other.manager.state.commands.get(waiting?.id ?? "")).toMatchObject({ status: "expired" });
  });
});

describe("cancel", () => {
  test("a pending command is cancelled at once and can't be claimed any more", async () => {
    const host = await newHost();
    const id = await start(host);

    const answer = await browser.post(`/api/commands/${id}/cancel`);

    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ epoch: fleet.manager.epoch, version: fleet.manager.version });
    expect(command(id)).toMatchObject({ status: "cancelled" });
    expect((await host.claim(id)).status).toBe(409);
  });

  test("a running one is asked to stop, and ends as its agent says", async () => {
    const host = await newHost();
    const id = await start(host);
    await host.claim(id);

    await browser.post(`/api/commands/${id}/cancel`);
    const asked = fleet.manager.space(`agent/${host.id}`)?.state.commands?.get(id);
    expect(asked).toMatchObject({ status: "claimed", cancelRequested: true });
    expect(command(id)).toMatchObject({ status: "running", cancelRequested: true });
    await host.finished(id, "cancelled");

    expect(command(id)).toMatchObject({ status: "cancelled", exitCode: 1 });
    expect(command(id)).not.toHaveProperty("cancelRequested");
  });

  test("an ended one stays as it is; an unknown one is 404", async () => {
    const host = await newHost();
    const id = await start(host);
    await host.run(id);

    expect((await browser.post(`/api/commands/${id}/cancel`)).status).toBe(202);
    expect(command(id)?.status).toBe("succeeded");
    expect((await browser.post("/api/commands/nothing/cancel")).body).toMatchObject({
      status: 404,
      code: "unknown_command",
    });
  });
});

describe("pipeline health", () => {
  async function begin(hosts: HostAgent[]) {
    const answer = await browser.post("/api/dispatch/pipeline", {
      pipeline: "health",
      hosts: hosts.map((host) => host.id),
    });
    expect(answer.status).toBe(202);
    const id = String(answer.body.pipelineId);
    return {
      id,
      record: () => fleet.manager.state.pipelines.get(id),
      commandOf: (host: HostAgent, stage: number) =>
        [...fleet.manager.state.commands.values()].find(
          (one) => one.pipelineId === id && one.host === host.id && one.stage === stage,
        ),
    };
  }

  test("runs uptime && disk && memory on each host, a stage at a time", async () => {
    const hosts = [await newHost(), await newHost()];
    const run = await begin(hosts);
    expect(run.record()).toMatchObject({ status: "running", stages: ["uptime", "disk", "memory"], currentStage: 0 });

    for (const stage of [0, 1, 2]) {
      expect(run.record()?.currentStage).toBe(stage);
      for (const host of hosts) await host.run(run.commandOf(host, stage)?.id ?? "");
    }

    expect(run.record()).toMatchObject({ status: "complete", failedHosts: [] });
    expect(events("pipeline_ended").at(-1)).toMatchObject({ level: "success" });
  });

  test("a host that fails skips the rest, in the transaction of its report; the other goes on", async () => {
    const [good, bad] = [await newHost(), await newHost()];
    const run = await begin([good, bad]);

    await bad.run(run.commandOf(bad, 0)?.id ?? "", "failed");
    expect(run.commandOf(bad, 1)?.status).toBe("skipped");
    expect(run.commandOf(bad, 2)?.status).toBe("skipped");
    for (const stage of [0, 1, 2]) await good.run(run.commandOf(good, stage)?.id ?? "");

    expect(run.record()).toMatchObject({ status: "partial", failedHosts: [bad.id] });
  });

  test("on hosts that are all offline it fails at once, with the reason said", async () => {
    const run = await begin([await enrollHost(browser, "host-off")]);

    expect(run.record()?.status).toBe("failed");
  });

  test("cancelled, no stage follows and what runs is asked to stop", async () => {
    const host = await newHost();
    const run = await begin([host]);
    const first = run.commandOf(host, 0)?.id ?? "";
    await host.claim(first);

    expect((await browser.post(`/api/pipelines/${run.id}/cancel`)).status).toBe(202);

    expect(run.record()?.status).toBe("cancelled");
    expect(command(first)).toMatchObject({ status: "running", cancelRequested: true });
    expect(run.commandOf(host, 1)?.status).toBe("cancelled");
    await host.finished(first, "cancelled");
    expect(run.record()?.status).toBe("cancelled");
  });

  test("[D1] a repeat with the same key gives the same pipeline", async () => {
    const host = await newHost();
    const body = { pipeline: "health", hosts: [host.id] };

    const [first, second] = [
      await browser.post("/api/dispatch/pipeline", body, { "idempotency-key": "p-1" }),
      await browser.post("/api/dispatch/pipeline", body, { "idempotency-key": "p-1" }),
    ];

    expect(second.body).toEqual(first.body);
  });
});

describe("hosts and state", () => {
  test("PATCH is answered after the commit with the host as it is then; null takes a value away", async () => {
    const host = await newHost();

    const set = await browser.call("PATCH", `/api/hosts/${host.id}`, {
      tags: ["prod"],
      location: "Rack 4",
      themeColor: "#336699",
    });
    const unset = await browser.call("PATCH", `/api/hosts/${host.id}`, { location: null });

    expect(set.body).toMatchObject({
      host: { id: host.id, tags: ["prod"], location: "Rack 4" },
      epoch: fleet.manager.epoch,
    });
    expect(unset.body.host).not.toHaveProperty("location");
    expect(unset.body.version).toBeGreaterThan(Number(set.body.version));
    expect((await browser.call("PATCH", `/api/hosts/${host.id}`, { online: true })).status).toBe(400);
    expect((await browser.call("PATCH", "/api/hosts/nowhere", { tags: [] })).body).toMatchObject({
      code: "unknown_host",
    });
  });

  test("DELETE ends the host's work: what ran is lost, what waited is cancelled", async () => {
    const host = await newHost();
    const running = await start(host);
    const waiting = await start(host, { wait: true, op: "disk" });
    await host.claim(running);
    await host.report({ type: "metrics", cpu: 3 });

    expect((await browser.call("DELETE", `/api/hosts/${host.id}`)).status).toBe(200);

    expect(command(running)?.status).toBe("lost");
    expect(command(waiting)?.status).toBe("cancelled");
    expect(fleet.manager.state.hosts.has(host.id)).toBe(false);
    expect(fleet.manager.state.metrics.has(host.id)).toBe(false);
    expect((await browser.call("DELETE", `/api/hosts/${host.id}`)).body).toMatchObject({ code: "unknown_host" });
  });

  test("GET /api/state gives the whole state with its digest, and 304 to who has it", async () => {
    const answer = await browser.get("/api/state");
    const again = await browser.get("/api/state", { "if-none-match": String(answer.headers.etag) });
    await newHost();
    const moved = await browser.get("/api/state", { "if-none-match": String(answer.headers.etag) });

    expect(answer.body).toMatchObject({ epoch: fleet.manager.epoch, digest: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(Object.keys(answer.body.state as unknown as object)).toEqual([
      "hosts",
      "commands",
      "pipelines",
      "events",
      "alerts",
      "silences",
      "groups",
      "opRules",
      "pipelineRules",
      "alertRules",
      "scheduleRules",
      "schedules",
      "catalogueFiles",
      "backups",
      "sharedTags",
      "shares",
      "metrics",
    ]);
    expect(answer.headers["cache-control"]).toBe("private, no-cache");
    expect(again.status).toBe(304);
    expect(moved.status).toBe(200);
  });

  test("/healthz, /readyz and /metrics answer without a session; the engine's numbers are among them", async () => {
    const metrics = await browser.get("/metrics", { cookie: undefined });

    expect((await browser.get("/healthz", { cookie: undefined })).body).toEqual({ status: "ok" });
    expect((await browser.get("/readyz", { cookie: undefined })).body).toEqual({ status: "ready" });
    expect(metrics.text).toContain(`neverstale_version ${fleet.manager.version}`);
    expect(metrics.text).toMatch(
      /neverstale_http_requests_total\{method="POST",route="\/api\/dispatch",status="202"\} \d+/,
    );
    expect(metrics.text).toMatch(/neverstale_sync_connections \d+/);
  });

  test("[A1] a dashboard sees what a dispatch did, over its socket", async () => {
    const host = await newHost();
    const { messages, socket, first } = await upgrade(fleet, "/sync", {
      cookie: browser.cookie,
      origin: fleet.address,
    });
    expect(JSON.parse(await first)).toMatchObject({ type: "init" });

    const id = await start(host);

    await expect
      .poll(() => messages.some((message) => message.includes("command_started") && message.includes(id)))
      .toBe(true);
    socket.terminate();
  });
});

async function untilOffline(other: RunningFleet, hostId: string): Promise<void> {
  await round(other.parts, false);
  expect(other.manager.state.hosts.get(hostId)?.online).toBe(false);
}
