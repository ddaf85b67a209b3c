import { afterAll, beforeAll, expect, test } from "vitest";
import { Browser, closeCode, Fleets, onlineHost, send, signIn, upgrade } from "../../fleet/fleet-suite.ts";
import { accountsIn } from "../../fleet/state.ts";
import { round } from "../../process/io/rounds.ts";
import type { RunningFleet } from "../../process/io/start.ts";
import { makeApiToken, revokeApiTokensOf } from "../api-tokens.ts";
import { openSession } from "../decide.ts";
import { inviteUser } from "../users.ts";
import { csrfTokenOf, hashOf, newSecret } from "./secrets.ts";

const fleets = new Fleets();
let fleet: RunningFleet;
let admin: Browser;
let now = Date.parse("2026-03-01T12:00:00Z");

beforeAll(async () => {
  fleet = await fleets.start({ now: () => now, steadyNow: () => performance.now() });
  admin = await signIn(fleet);
  await onlineHost(admin, "web-1");
});
afterAll(() => fleets.end());

async function person(name: string, role: "viewer" | "operator" | "admin"): Promise<Browser> {
  const secret = newSecret();
  await fleet.parts.transactions.transact((work) => {
    inviteUser(work, "admin", { name, role }, `link of ${name}`);
    openSession(work, hashOf(secret), { user: name, how: "in a test" });
  });
  return new Browser(fleet, `${admin.cookie.split("=")[0]}=${secret}`, csrfTokenOf(secret));
}

async function makeToken(owner: Browser, role: string, ttlS = 3_600) {
  const answer = await owner.post("/api/api-tokens", { label: "a script", role, ttlS });
  const token = String(answer.body.token);
  return { answer, token, id: String(answer.body.id), headers: { authorization: `Bearer ${token}` } };
}

function ask(headers: Record<string, string>, method = "GET", path = "/api/state", body?: object) {
  return send(fleet.address, method, path, { headers, ...(body !== undefined && { body }) });
}

test("[C15] an API token is shown once and stored as a hash, and its owner sees when it was used", async () => {
  const { answer, token, id, headers } = await makeToken(admin, "viewer");

  const used = await ask(headers);
  const [listed] = (await admin.get("/api/api-tokens")).body as unknown as Record<string, unknown>[];

  expect([answer.status, used.status]).toEqual([201, 200]);
  expect(token).toMatch(/^nst_[\w-]{43}$/);
  const stored = [...(accountsIn(fleet.manager)?.apiTokens.values() ?? [])];
  expect(JSON.stringify(stored)).not.toContain(token.slice(4));
  expect(stored.map((one) => one.id)).toEqual([hashOf(token)]);
  await expect.poll(async () => (await admin.get("/api/api-tokens")).text.includes("lastUsedAt")).toBe(true);
  expect(listed).toMatchObject({ id, label: "a script", role: "viewer", user: "admin" });
  expect(listed).not.toHaveProperty("token");
});

test("[C25] it needs no cookie, Origin or CSRF token to change what its role may, and acts in the name of its owner", async () => {
  const { headers } = await makeToken(await person("otto", "operator"), "operator");

  const answer = await ask(headers, "POST", "/api/dispatch", { op: "uptime", hosts: ["web-1"] });

  expect(answer.status).toBe(202);
  expect([...fleet.manager.state.commands.values()].at(-1)?.requestedBy).toBe("otto");
});

test("a program asks what its own token may do, which is not more than its owner may now", async () => {
  const owner = await person("nora", "operator");
  const { headers, id } = await makeToken(owner, "operator");

  const before = await ask(headers, "GET", "/api/api-token");
  await admin.call("PATCH", "/api/users/nora", { role: "viewer" });
  const after = await ask(headers, "GET", "/api/api-token");
  const byCookie = await admin.get("/api/api-token");

  expect(before.body).toMatchObject({ id, user: "nora", role: "operator", label: "a script" });
  expect(before.body).not.toHaveProperty("token");
  expect([after.body.role, byCookie.status]).toEqual(["viewer", 404]);
});

test("[C32] nobody gives a token a role above the own one, and a token loses what its owner loses", async () => {
  const owner = await person("pia", "operator");
  const above = await makeToken(owner, "admin");
  const { headers } = await makeToken(owner, "operator");

  await admin.call("PATCH", "/api/users/pia", { role: "viewer" });
  const answer = await ask(headers, "POST", "/api/dispatch", { op: "uptime", hosts: ["web-1"] });

  expect([above.answer.status, answer.status, answer.body.code]).toEqual([403, 403, "forbidden"]);
  expect((await ask(headers)).status).toBe(200);
});

test("[C2] [C11] it opens a socket without an Origin, which is closed before its revoking is answered", async () => {
  const { headers, id } = await makeToken(admin, "viewer");
  const opened = await upgrade(fleet, "/sync", headers);
  const closed = closeCode(opened.socket);

  const revoked = await admin.call("DELETE", `/api/api-tokens/${id}`);

  expect([opened.status, revoked.status, await closed]).toEqual([101, 204, 4401]);
  expect((await ask(headers)).status).toBe(401);
  expect((await upgrade(fleet, "/sync", headers)).status).toBe(401);
});

test("[C2] a cookie beside a token means nothing: a bad token keeps out who is signed in", async () => {
  const answer = await admin.get("/api/state", { authorization: `Bearer nst_${"x".repeat(43)}` });

  expect([answer.status, answer.body.code]).toEqual([401, "not_signed_in"]);
});

test("[C31] another user's token is as unknown as none, and an admin revokes it", async () => {
  const { id, headers } = await makeToken(await person("quinn", "viewer"), "viewer");
  const stranger = await person("ruth", "operator");

  const foreign = await stranger.call("DELETE", `/api/api-tokens/${id}`);
  const none = await stranger.call("DELETE", "/api/api-tokens/none-of-that-name");
  const byAdmin = await admin.call("DELETE", `/api/api-tokens/${id}`);

  expect(foreign.body).toEqual({ ...none.body, instance: foreign.body.instance });
  expect([foreign.status, byAdmin.status, (await ask(headers)).status]).toEqual([404, 204, 401]);
});

test("[C11] it ends with its owner, and its sockets at once", async () => {
  const { headers } = await makeToken(await person("sven", "viewer"), "viewer");
  const closed = closeCode((await upgrade(fleet, "/sync", headers)).socket);

  await admin.call("PATCH", "/api/users/sven", { disabled: true });
  await admin.call("PATCH", "/api/users/sven", { disabled: false });

  expect([await closed, (await ask(headers)).status]).toEqual([4401, 401]);
});

test("[C16] it expires, with its sockets", async () => {
  const { headers } = await makeToken(admin, "viewer", 60);
  const closed = closeCode((await upgrade(fleet, "/sync", headers)).socket);

  now += 60_000;
  const status = (await ask(headers)).status;
  await round(fleet.parts, true);

  expect([status, await closed]).toEqual([401, 4401]);
});

test("[B121] a user has so many tokens", async () => {
  const { transactions } = fleet.parts;
  const make = (n: number) => (work: Parameters<typeof revokeApiTokensOf>[0]) =>
    makeApiToken(work, "admin", `hash ${n}`, { label: "many", role: "viewer", ttlS: 60 });
  await transactions.transact((work) => {
    revokeApiTokensOf(work, "admin");
    for (let n = 1; n <= 50; n += 1) make(n)(work);
  });

  await expect(transactions.transact(make(51))).rejects.toMatchObject({ code: "too_many_requests" });
});
