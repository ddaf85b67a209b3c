import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSession } from "../../accounts/decide.ts";
import { csrfTokenOf, hashOf, newSecret } from "../../accounts/io/secrets.ts";
import { inviteUser } from "../../accounts/users.ts";
import { Browser, Fleets, type HostAgent, onlineHost, send, signIn } from "../../fleet/fleet-suite.ts";
import type { RunningFleet } from "../../process/io/start.ts";

const FILE = `
ops:
  disk: { roles: [admin] }
  memory: { roles: [operator] }
pipelines:
  own: { stages: [uptime], roles: [admin] }
  through-an-op: { stages: [uptime, disk] }
  free: { stages: [uptime, memory] }
`;

const fleets = new Fleets();
const now = Date.now();
let fleet: RunningFleet;
let admin: Browser;
let operator: Browser;
let host: HostAgent;

beforeAll(async () => {
  const dataDir = fleets.directory();
  writeFileSync(join(dataDir, "fleet.yaml"), FILE, { mode: 0o600 });
  fleet = await fleets.start({ dataDir, now: () => now });
  admin = await signIn(fleet);
  const secret = newSecret();
  await fleet.parts.transactions.transact((work) => {
    inviteUser(work, "admin", { name: "otto", role: "operator" }, "link of otto");
    openSession(work, hashOf(secret), { user: "otto", how: "in a test" });
  });
  operator = new Browser(fleet, `${admin.cookie.split("=")[0]}=${secret}`, csrfTokenOf(secret));
  host = await onlineHost(admin, "web-1");
});
afterAll(() => fleets.end());

/** These are all ways to ask for a run: with a session, by name, and with a token that acts for the same user. */
async function askEverywhere(by: Browser, what: "op" | "pipeline", name: string): Promise<string[]> {
  const made = await by.post("/api/api-tokens", { label: "a script", role: "operator", ttlS: 3_600 });
  const bearer = { authorization: `Bearer ${String(made.body.token)}` };
  const body = { [what]: name, hosts: [host.id], ...(what === "op" ? { wait: true } : {}) };
  const path = what === "op" ? "/api/dispatch" : "/api/dispatch/pipeline";
  const answers = [
    await by.post(path, body),
    await by.post(`/api/mutations/dispatch_${what}`, { args: body }),
    await send(fleet.address, "POST", path, { body, headers: bearer }),
  ];
  return answers.map(({ status, body: { code } }) => (code === undefined ? `${status}` : `${status} ${String(code)}`));
}

test("an op that is kept for admins is refused to an operator, whatever way it is asked for, and nothing is stored", async () => {
  const { version } = fleet.manager;
  const answer = await operator.post("/api/dispatch", { op: "disk", hosts: [host.id] });

  expect(answer.body).toMatchObject({
    code: "forbidden",
    detail: "disk may only be run with the role admin",
    hint: "Ask somebody who has that role, or the owner of fleet.yaml, which says so.",
  });
  expect(fleet.manager.version).toBe(version);
  expect(await askEverywhere(operator, "op", "disk")).toEqual(["403 forbidden", "403 forbidden", "403 forbidden"]);
  expect(await askEverywhere(operator, "op", "memory")).toEqual(["202", "200", "202"]);
});

test("a token may run no more than its own role, though its owner may", async () => {
  expect(await askEverywhere(admin, "op", "disk")).toEqual(["202", "200", "403 forbidden"]);
});

test.each([["own"], ["through-an-op"]])("pipeline %s is refused to an operator and runs for an admin", async (name) => {
  expect(await askEverywhere(operator, "pipeline", name)).toEqual(["403 forbidden", "403 forbidden", "403 forbidden"]);
  const answer = await admin.post("/api/dispatch/pipeline", { pipeline: name, hosts: [host.id] });
  const id = String(answer.body.pipelineId);
  await admin.post(`/api/pipelines/${id}/cancel`);

  const again = await operator.post(`/api/pipelines/${id}/retry`, { only: "failed_and_not_started" });

  expect([answer.status, again.status, again.body.code]).toEqual([202, 403, "forbidden"]);
  expect(await askEverywhere(operator, "pipeline", "free")).toEqual(["202", "200", "202"]);
});
