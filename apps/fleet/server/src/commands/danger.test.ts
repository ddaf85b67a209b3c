import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openSession } from "../accounts/decide.ts";
import { codeAt, type Enrolled, enrolSecondFactor } from "../accounts/io/second-factor-suite.ts";
import { csrfTokenOf, hashOf, newSecret } from "../accounts/io/secrets.ts";
import { inviteUser } from "../accounts/users.ts";
import { Browser, commandsOf, Fleets, type HostAgent, onlineHost, send, signIn } from "../fleet/fleet-suite.ts";
import { accountsIn } from "../fleet/state.ts";
import type { RunningFleet } from "../process/io/start.ts";

const FLEET_FILE = `
ops:
  disk: { danger: true }
pipelines:
  careful: { stages: [uptime], danger: true }
  worst: { stages: [uptime, disk] }
  plain: { stages: [uptime] }
`;

const fleets = new Fleets();
let fleet: RunningFleet;
let admin: Browser;
let enrolled: Enrolled;
let hosts: HostAgent[];
let now = Date.parse("2026-03-01T12:00:10Z");

beforeAll(async () => {
  const dataDir = fleets.directory();
  const fleetFile = join(dataDir, "fleet.yaml");
  writeFileSync(fleetFile, FLEET_FILE);
  const rateLimits = { codes: { burst: 1_000, perSecond: 1 } };
  fleet = await fleets.start({ dataDir, fleetFile, rateLimits, now: () => now, steadyNow: () => now });
  admin = await signIn(fleet);
  enrolled = await enrolSecondFactor(admin, now);
  hosts = [await onlineHost(admin, "web-1"), await onlineHost(admin, "web-2")];
});
beforeEach(() => {
  now += 60_000;
});
afterAll(() => fleets.end());

const code = () => codeAt(enrolled.secret, now);
const ids = () => hosts.map(({ id }) => id);
const commands = () => fleet.manager.state.commands.size;
const onlyOf = () => ids().slice(0, 1);

async function person(name: string, role: "operator" | "viewer"): Promise<Browser> {
  const secret = newSecret();
  await fleet.parts.transactions.transact((work) => {
    inviteUser(work, "admin", { name, role }, `link of ${name}`);
    openSession(work, hashOf(secret), { user: name, how: "in a test" });
  });
  return new Browser(fleet, `${admin.cookie.split("=")[0]}=${secret}`, csrfTokenOf(secret));
}

test("[C23] a dangerous op starts with a code and the number of hosts alone, and an audit event says so", async () => {
  const before = commands();
  const run = (more: object) => admin.post("/api/dispatch", { op: "disk", hosts: ids(), ...more });

  const refusals = [
    await run({}),
    await run({ hostCount: 2 }),
    await run({ totp: code() }),
    await run({ totp: code(), hostCount: 3 }),
    await run({ totp: "000000", hostCount: 2 }),
  ];
  const untouched = commands() - before;
  const started = await run({ totp: code(), hostCount: 2 });

  expect(refusals.map(({ status, body }) => [status, body.code])).toEqual([
    [409, "precondition_failed"],
    [403, "totp_required"],
    [409, "precondition_failed"],
    [409, "precondition_failed"],
    [403, "totp_required"],
  ]);
  expect(refusals[3]?.body.detail).toBe("disk goes to 2 hosts, and 3 was typed");
  expect(refusals[3]?.body.hint).toContain("It goes to web-1, web-2: send hostCount 2");
  expect([untouched, started.status, commandsOf(started).length]).toEqual([0, 202, 2]);
  expect((await admin.get("/api/event-log?category=audit&limit=5")).text).toContain("danger_confirmed");
});

test("[C22] the code that started it starts nothing else, and a repeat under the same key gets the first answer", async () => {
  const body = { op: "disk", hosts: onlyOf(), totp: code(), hostCount: 1 };
  const key = { "idempotency-key": "the-key-of-a-danger" };

  const once = await admin.post("/api/dispatch", body, key);
  const again = await admin.post("/api/dispatch", body);
  const repeat = await admin.post("/api/dispatch", body, key);
  const concurrent = await Promise.all(
    [1, 2, 3].map(() => admin.post("/api/dispatch", { ...body, totp: codeAt(enrolled.secret, now + 30_000) })),
  );

  expect([once.status, again.status, repeat.status]).toEqual([202, 403, 202]);
  expect(repeat.body).toEqual(once.body);
  expect(concurrent.map(({ status }) => status).toSorted()).toEqual([202, 403, 403]);
});

test("[C23] a pipeline is dangerous by its own word or by one of its ops, by each way in, and so is its retry", async () => {
  const statuses = async (more: object) => [
    (await admin.post("/api/dispatch/pipeline", { pipeline: "careful", hosts: ids(), ...more })).status,
    (await admin.post("/api/dispatch/pipeline", { pipeline: "worst", hosts: ids(), ...more })).status,
    (await admin.post("/api/mutations/dispatch_pipeline", { args: { pipeline: "worst", hosts: ids(), ...more } }))
      .status,
    (await admin.post("/api/mutations/dispatch_op", { args: { op: "disk", hosts: ids(), ...more } })).status,
  ];

  expect(await statuses({ hostCount: 2 })).toEqual([403, 403, 403, 403]);
  const started = await admin.post("/api/dispatch/pipeline", {
    pipeline: "worst",
    hosts: ids(),
    hostCount: 2,
    totp: code(),
  });
  expect(started.status).toBe(202);
  const path = `/api/pipelines/${started.body.pipelineId}`;
  await admin.post(`${path}/cancel`);
  now += 60_000;
  const retry = (more: object) => admin.post(`${path}/retry`, { only: "failed_and_not_started", ...more });
  const retried = [await retry({}), await retry({ hostCount: 2 }), await retry({ hostCount: 2, totp: code() })];

  expect(retried.map(({ status }) => status)).toEqual([409, 403, 202]);
  const plain = await admin.post("/api/dispatch/pipeline", { pipeline: "plain", hosts: ids() });
  const ordinary = await admin.post("/api/dispatch", {
    op: "uptime",
    hosts: onlyOf(),
    wait: true,
    totp: "000000",
    hostCount: 7,
  });
  expect([plain.status, ordinary.status]).toEqual([202, 202]);
});

test("[C23] whoever has no second factor is told to set one up, and no API token runs it, whatever it sends", async () => {
  const before = commands();
  const otto = await person("otto", "operator");
  const made = await admin.post("/api/api-tokens", { label: "a script", role: "admin", ttlS: 3_600 });
  const body = { op: "disk", hosts: onlyOf(), hostCount: 1, totp: code() };

  const byOtto = await otto.post("/api/dispatch", body);
  const byToken = await send(fleet.address, "POST", "/api/dispatch", {
    body,
    headers: { authorization: `Bearer ${made.body.token}` },
  });
  const byViewer = await (await person("vera", "viewer")).post("/api/dispatch", body);

  expect([byOtto.status, byOtto.body.code, byOtto.body.hint]).toEqual([
    403,
    "forbidden",
    "Set one up in the account menu, or by POST /api/second-factor.",
  ]);
  expect([byToken.status, byToken.body.detail]).toEqual([403, "disk is dangerous, and no API token runs it"]);
  expect(byViewer.body.detail).toBe("this needs the role operator");
  expect(commands()).toBe(before);
  expect((await admin.post("/api/dispatch", body)).status).toBe(202); // None of them has used the code up.
});

test("[C23] a code that is right counts for nothing while the number is wrong, and is not used up by that", async () => {
  const body = { op: "disk", hosts: onlyOf(), totp: code() };

  expect((await admin.post("/api/dispatch", { ...body, hostCount: 2 })).status).toBe(409);
  expect((await admin.post("/api/dispatch", { ...body, hostCount: 1 })).status).toBe(202);
});

test("[C23] of a target the hosts are counted that are found at that moment: one that came since is told of, and nothing starts", async () => {
  const body = { op: "disk", target: { filter: "web-" }, hostCount: 2 };
  const late = await onlineHost(admin, "web-3");

  const moved = await admin.post("/api/dispatch", { ...body, totp: code() });
  const started = await admin.post("/api/dispatch", { ...body, totp: code(), hostCount: 3 });

  expect([moved.status, moved.body.detail]).toEqual([409, "disk goes to 3 hosts, and 2 was typed"]);
  expect(moved.body.hint).toContain(late.id);
  expect([started.status, commandsOf(started).length]).toEqual([202, 3]);
});

test("[C22] a wrong code for what is dangerous is counted as a sign-in that failed, and none at all is not", async () => {
  const counted = () => accountsIn(fleet.manager)?.failedSignIns.size ?? 0;
  const before = counted();
  const run = (more: object) => admin.post("/api/dispatch", { op: "disk", hosts: ids(), hostCount: 2, ...more });

  const without = await run({});
  const afterNone = counted();
  const wrong = await run({ totp: "000000" });

  expect([without.status, wrong.status]).toEqual([403, 403]);
  expect([afterNone - before, counted() - before]).toEqual([0, 1]);
});
