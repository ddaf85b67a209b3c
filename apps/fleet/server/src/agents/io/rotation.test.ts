import type { Host } from "@neverstale/fleet-domain";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hashOf } from "../../accounts/io/secrets.ts";
import {
  type Browser,
  closeCode,
  Fleets,
  HostAgent,
  hostMaker,
  send,
  signIn,
  upgrade,
} from "../../fleet/fleet-suite.ts";
import { accountsIn } from "../../fleet/state.ts";
import { round } from "../../process/io/rounds.ts";
import type { RunningFleet } from "../../process/io/start.ts";

const fleets = new Fleets();
let fleet: RunningFleet;
let browser: Browser;
/** They are there before a test moves the clock on: a session must be young to let a machine in. */
let early: [HostAgent, HostAgent];
let now = Date.parse("2026-06-01T12:00:00Z");
const newHost = hostMaker(() => browser);

beforeAll(async () => {
  fleet = await fleets.start({ now: () => now });
  browser = await signIn(fleet);
  early = [await newHost(), await newHost()];
});
afterAll(() => fleets.end());

const NONCE = "a nonce of the agent with some length";

const ask = (host: HostAgent) => browser.post(`/api/hosts/${host.id}/credential/rotate`);

function renew(host: HostAgent, nonce = NONCE) {
  return send(fleet.address, "POST", "/agent/credential", { body: { nonce }, headers: host.headers });
}

/** It speaks with the credential that it was given in an answer. */
function withNext(host: HostAgent, answer: Awaited<ReturnType<typeof renew>>, instance = "run-1"): HostAgent {
  return new HostAgent(fleet.address, host.id, String(answer.body.credential), instance);
}

const heartbeat = (host: HostAgent) => host.report({ type: "metrics", cpu: 1 } as never);
const clonedAt = (host: HostAgent) => fleet.manager.state.hosts.get(host.id)?.cloneSeenAt;

test("[C38] both credentials are good until the new one was used: then the old one is refused, and its sockets are closed", async () => {
  const host = await newHost();
  const quiet = await heartbeat(host);
  const asked = await ask(host);
  const told = await heartbeat(host);
  const given = await renew(host);
  const next = withNext(host, given);
  const still = await heartbeat(host);
  const old = await upgrade(fleet, "/agent/sync", host.headers);
  const closed = closeCode(old.socket);
  const first = await heartbeat(next);

  expect([quiet.body.rotateCredential, asked.status, told.body.rotateCredential]).toEqual([undefined, 202, true]);
  expect([given.status, still.status, first.status, first.body.rotateCredential]).toEqual([200, 200, 200, undefined]);
  expect(await closed).toBe(4403);
  expect((await heartbeat(host)).status).toBe(401);
  expect((await upgrade(fleet, "/agent/sync", host.headers)).status).toBe(401);
  expect((await heartbeat(next)).status).toBe(200);
  const stored = JSON.stringify([...(accountsIn(fleet.manager)?.agentCredentials.values() ?? [])]);
  expect(stored).toContain(hashOf(next.credential));
  expect(stored).not.toContain(next.credential);
});

test("the host's record says since when its credential is in use, and that another one was asked for", async () => {
  const host = await newHost();
  const credential = () => fleet.manager.state.hosts.get(host.id)?.credential;
  const enrolled = { since: new Date(now).toISOString() };
  expect(credential()).toEqual(enrolled);

  now += 60_000;
  await ask(host);
  expect(credential()).toEqual({ ...enrolled, rotationAskedAt: new Date(now).toISOString() });
  const next = withNext(host, await renew(host));
  now += 60_000;
  await heartbeat(next);

  expect(credential()).toEqual({ since: new Date(now).toISOString() });
});

test("[C38] an answer that was lost is given again to the same nonce, until the new credential was used", async () => {
  const host = await newHost();
  await ask(host);
  const [first, second] = [await renew(host), await renew(host)];
  const next = withNext(host, first);
  await heartbeat(next);

  expect([first.status, second.status]).toEqual([200, 200]);
  expect(second.body.credential).toBe(first.body.credential);
  expect((await renew(host)).status).toBe(401);
  expect((await renew(next, "another nonce of the same agent")).status).toBe(403);
  await ask(host);
  expect((await renew(next, "another nonce of the same agent")).status).toBe(200);
});

test("[C38] nobody is given another credential whom no admin asked to take one", async () => {
  const host = await newHost();

  expect((await renew(host)).status).toBe(403);
  expect((await browser.post("/api/hosts/no-such-host/credential/rotate")).status).toBe(404);
  expect((await heartbeat(host)).status).toBe(200);
});

test("[C45] a second machine with the credential that asks for the next one gets none, and an alert fires", async () => {
  const host = await newHost();
  await ask(host);
  const given = await renew(host);
  const second = await renew(host, "a nonce of the cloned machine here");

  expect([given.status, second.status]).toEqual([200, 403]);
  expect(clonedAt(host)).toBe(new Date(now).toISOString());
  await round(fleet.parts, false);
  const alerts = [...fleet.manager.state.alerts.values()].filter(({ kind }) => kind === "host_cloned");
  expect(alerts.flatMap(({ subjects }) => Object.keys(subjects))).toContain(host.id);
});

test("[C45] [C38] an old credential that is shown again is refused, counted and told of", async () => {
  const host = await newHost();
  await ask(host);
  await heartbeat(withNext(host, await renew(host)));
  const before = fleet.parts.credentials.metrics.agentCredentialsReplayed ?? 0;
  const replayed = await heartbeat(host);
  await round(fleet.parts, false);

  expect(replayed.status).toBe(401);
  expect(fleet.parts.credentials.metrics.agentCredentialsReplayed).toBe(before + 1);
  expect(clonedAt(host)).toBe(new Date(now).toISOString());
  const told = [...fleet.manager.state.events.values()].find(
    ({ action, host: of }) => action === "old_credential_shown" && of === host.id,
  );
  expect(told).toMatchObject({ level: "error", host: host.id });
});

test("[C45] a credential of a host that was removed says nothing of another one that has its name now", async () => {
  const host = await newHost();
  const record = fleet.manager.state.hosts.get(host.id) as Host;
  expect((await browser.call("DELETE", `/api/hosts/${host.id}`)).status).toBe(200);
  now += 1_000;
  // Older releases gave the id again, and so does this one for what it has forgotten (B157).
  await fleet.parts.transactions.transact((work) => {
    work.change("host_added", host.id, { ...record, enrolledAt: work.at.iso });
    work.makeAgent(host.id);
  });
  const refused = await heartbeat(host);
  await round(fleet.parts, false);

  expect(refused.status).toBe(401);
  expect(clonedAt(host)).toBeUndefined();
});

test("[B145] a credential that nobody has used is forgotten after an hour, and the one before it is good still", async () => {
  const [, host] = early;
  await ask(host);
  const late = withNext(host, await renew(host));
  now += 3_600_001;

  expect((await heartbeat(late)).status).toBe(401);
  expect((await heartbeat(host)).body.rotateCredential).toBe(true);
  await round(fleet.parts, true);
  expect(accountsIn(fleet.manager)?.agentCredentials.has(hashOf(late.credential))).toBe(false);
  const again = withNext(host, await renew(host));
  expect((await heartbeat(again)).status).toBe(200);
});

test("[C45] two agents that report in turns are told of, and an alert fires", async () => {
  const [host] = early;
  const other = host.restarted("run-2");
  await heartbeat(host);
  await heartbeat(other);
  await heartbeat(host);

  expect(clonedAt(host)).toBe(new Date(now).toISOString());
  now += 25 * 3_600_000;
  await round(fleet.parts, false);
  const open = [...fleet.manager.state.alerts.values()].filter(
    ({ kind, status }) => kind === "host_cloned" && status !== "resolved",
  );
  expect(open).toEqual([]);
});
