import { memoryStore } from "@neverstale/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Browser, closeCode, cookieSetBy, Fleets, send, signIn, upgrade } from "../../fleet/fleet-suite.ts";
import { accountsIn } from "../../fleet/state.ts";
import type { RunningFleet } from "../../process/io/start.ts";
import { openSession } from "../decide.ts";
import { inviteUser } from "../users.ts";
import { csrfTokenOf, hashOf, newSecret } from "./secrets.ts";

const fleets = new Fleets();
let fleet: RunningFleet;
let admin: Browser;
let now = Date.parse("2026-03-01T12:00:00Z");

beforeAll(async () => {
  fleet = await fleets.start({ now: () => now, steadyNow: () => performance.now() });
  admin = await signIn(fleet, { password: "a password of the admin" });
});
afterAll(() => fleets.end());

const PASSWORD = "a password of that person";

function take(token: unknown, password = PASSWORD, at = fleet) {
  const headers = { origin: at.address, "user-agent": "A Browser/1.0" };
  return send(at.address, "POST", "/api/invitation", { body: { token, password }, headers });
}

/** It returns the token of the one-time link. */
async function invite(name: string, role: string): Promise<string> {
  const answer = await admin.post("/api/users", { name, role });
  expect([name, answer.status]).toEqual([name, 201]);
  return String(answer.body.token);
}

/** Somebody who took an invitation, and is signed in. It costs a hash, as each sign-in with a password does. */
async function personWithPassword(name: string, role: string): Promise<Browser> {
  const answer = await take(await invite(name, role));
  expect([name, answer.status]).toEqual([name, 200]);
  return new Browser(fleet, cookieSetBy(answer), String(answer.body.csrfToken));
}

/** Somebody who is signed in, without a password. */
async function person(name: string, role: string): Promise<Browser> {
  await invite(name, role);
  return await sessionOf(name, "A Browser/1.0");
}

async function sessionOf(user: string, browser: string): Promise<Browser> {
  const secret = newSecret();
  const opening = { user, how: "in a test", address: "127.0.0.1", browser };
  await fleet.parts.transactions.transact((work) => openSession(work, hashOf(secret), opening));
  return new Browser(fleet, `${admin.cookie.split("=")[0]}=${secret}`, csrfTokenOf(secret));
}

async function userNamed(name: string) {
  const { body } = await admin.get("/api/users");
  return (body as unknown as { name: string }[]).find((user) => user.name === name);
}

/** A socket of that session, which tells the code with which it is closed. */
async function socketOf(browser: Browser): Promise<{ readonly closed: Promise<number> }> {
  const { socket } = await upgrade(fleet, "/sync", { cookie: browser.cookie, origin: fleet.address });
  return { closed: closeCode(socket) };
}

/** It says who did what last. */
function lastEvent() {
  const event = [...fleet.manager.state.events.values()].at(-1);
  return [event?.actor, event?.action];
}

describe("an invitation", () => {
  test("[C15] [C24] is a one-time link of which only the hash is stored: the invited person sets the password, and it works once", async () => {
    const token = await invite("maria", "operator");
    const stored = accountsIn(fleet.manager)?.users.get("maria");
    const invited = await userNamed("maria");

    const first = await take(token);
    const second = await take(token);

    expect(JSON.stringify(stored)).not.toContain(token);
    expect(stored?.linkHash).toMatch(/^[0-9a-f]{64}$/);
    expect(invited).toMatchObject({ status: "invited", role: "operator", sessions: 0 });
    expect([first.status, first.body.user, first.body.role]).toEqual([200, "maria", "operator"]);
    expect([second.status, second.body.code]).toEqual([401, "not_signed_in"]);
    const [session] = (await admin.get("/api/users/maria/sessions")).body as unknown as Listed[];
    expect(await userNamed("maria")).toMatchObject({ status: "active", sessions: 1 });
    expect(session).toMatchObject({ browser: "A Browser/1.0", address: "127.0.0.1", current: false });
    expect(lastEvent()).toEqual(["maria", "signed_in"]);
  });

  test("expires after 24 hours", async () => {
    const token = await invite("late", "viewer");
    const before = now;
    now += 24 * 60 * 60_000;
    const statusAfter = (await take(token)).status;
    now = before;

    expect(statusAfter).toBe(401);
    expect(accountsIn(fleet.manager)?.users.get("late")?.passwordHash).toBeUndefined();
  });

  test("[D1] a repeat of a lost answer gets the same link, and makes nobody twice", async () => {
    const key = { "idempotency-key": "the-key-of-an-invitation" };
    const once = await admin.post("/api/users", { name: "twice", role: "viewer" }, key);
    const again = await admin.post("/api/users", { name: "twice", role: "viewer" }, key);

    expect([again.status, again.body.token]).toEqual([201, once.body.token]);
    expect((await admin.post("/api/users", { name: "twice", role: "viewer" })).status).toBe(400);
  });

  test("[C32] [C34] names that mean something else, or have two spellings, are no users", async () => {
    for (const name of ["server", "viewer", "agent", "constructor", "__proto__", "Ada", "a b", "", "ä", "x".repeat(65)])
      expect([name, (await admin.post("/api/users", { name, role: "viewer" })).status]).toEqual([name, 400]);
  });

  test("[B119] so many users there are at most, invited ones among them", async () => {
    const small = await fleets.start({ store: memoryStore() });
    await signIn(small);
    const { transactions } = small.parts;
    await transactions.transact((work) => {
      for (let n = 1; n < 1_000; n += 1) inviteUser(work, "admin", { name: `user-${n}`, role: "viewer" }, `hash ${n}`);
    });

    const oneMore = transactions.transact((work) => inviteUser(work, "admin", { name: "more", role: "viewer" }, "h"));

    await expect(oneMore).rejects.toMatchObject({ code: "too_many_requests" });
  });
});

describe("what admins do with users", () => {
  test("[C11] [C15] another role ends the user's sessions and sockets before it is answered, and the next sign-in has it", async () => {
    const user = await person("olga", "operator");
    const { closed } = await socketOf(user);

    const answer = await admin.call("PATCH", "/api/users/olga", { role: "viewer" });

    expect([answer.status, answer.body.role]).toEqual([200, "viewer"]);
    expect(await closed).toBe(4401);
    expect((await user.get("/api/session")).status).toBe(401);
    expect(lastEvent()).toEqual(["admin", "user_role_changed"]);
  });

  test("[C11] [C16] whoever is disabled is out at once, and can't sign in until enabled again", async () => {
    const user = await personWithPassword("dora", "operator");
    const { closed } = await socketOf(user);
    const login = () =>
      send(fleet.address, "POST", "/api/login", {
        body: { username: "dora", password: PASSWORD },
        headers: { origin: fleet.address },
      });

    const disabled = await admin.call("PATCH", "/api/users/dora", { disabled: true });
    const meanwhile = [(await user.get("/api/session")).status, (await login()).body.detail];
    const enabled = await admin.call("PATCH", "/api/users/dora", { disabled: false });

    expect([disabled.body.status, enabled.body.status]).toEqual(["disabled", "active"]);
    expect(await closed).toBe(4401);
    expect(meanwhile).toEqual([401, "the name or the password is wrong"]);
    expect((await login()).status).toBe(200);
  });

  test("[C16] a reset takes password and sessions away, and the link lets the user set another password", async () => {
    const user = await personWithPassword("rita", "viewer");
    const { closed } = await socketOf(user);

    const answer = await admin.post("/api/users/rita/reset");

    expect([answer.status, await closed]).toEqual([201, 4401]);
    expect((await user.get("/api/session")).status).toBe(401);
    expect(accountsIn(fleet.manager)?.users.get("rita")?.passwordHash).toBeUndefined();
    expect((await take(answer.body.token, "another password of rita")).status).toBe(200);
    expect((await admin.post("/api/users/admin/reset")).status).toBe(400);
  });

  test("[C16] whoever is removed is out at once, with what would have let in hosts", async () => {
    const user = await person("remo", "admin");
    const { closed } = await socketOf(user);
    await user.post("/api/enrollment-tokens", {});

    const answer = await admin.call("DELETE", "/api/users/remo");

    expect([answer.status, await closed, (await user.get("/api/session")).status]).toEqual([204, 4401, 401]);
    expect(await userNamed("remo")).toBeUndefined();
    const tokens = [...(accountsIn(fleet.manager)?.enrollmentTokens.values() ?? [])];
    expect(tokens.filter(({ createdBy }) => createdBy === "remo")).toEqual([]);
    expect(lastEvent()).toEqual(["admin", "user_removed"]);
  });

  test("the last admin who can sign in is neither removed, nor demoted, nor disabled", async () => {
    const own = await fleets.start();
    const last = await signIn(own, { password: PASSWORD });
    await last.post("/api/users", { name: "second", role: "admin" }); // She has not come in yet.

    const refused = [
      await last.call("DELETE", "/api/users/admin"),
      await last.call("PATCH", "/api/users/admin", { role: "operator" }),
      await last.call("PATCH", "/api/users/admin", { disabled: true }),
    ];
    const withdrawn = await last.call("DELETE", "/api/users/second");

    expect(refused.map(({ status, body }) => [status, body.code])).toEqual(Array(3).fill([403, "forbidden"]));
    expect((await last.get("/api/session")).body.role).toBe("admin");
    expect(withdrawn.status).toBe(204);
  });

  test("[C30] nobody but an admin sees or changes users, whatever the role says in the page", async () => {
    for (const role of ["viewer", "operator"]) {
      const user = await person(`no-${role}`, role);
      const answers = [
        await user.get("/api/users"),
        await user.get("/api/users/admin/sessions"),
        await user.post("/api/users", { name: "friend", role: "admin" }),
        await user.call("PATCH", `/api/users/no-${role}`, { role: "admin" }),
        await user.post("/api/users/admin/reset"),
        await user.call("DELETE", "/api/users/admin"),
      ];
      expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(403));
    }
  });
});

describe("sessions", () => {
  test("[C16] a user sees where the own sessions began, and ends one of them with its sockets", async () => {
    const one = await person("sara", "viewer");
    const other = await sessionOf("sara", "Another/2.0");
    const { closed } = await socketOf(other);

    const listed = (await one.get("/api/sessions")).body as unknown as Listed[];
    const otherId = listed.find(({ current }) => !current)?.id;
    const ended = await one.call("DELETE", `/api/sessions/${otherId}`);

    expect(listed.map(({ current, browser, address }) => ({ current, browser, address }))).toEqual(
      expect.arrayContaining([
        { current: true, browser: "A Browser/1.0", address: "127.0.0.1" },
        { current: false, browser: "Another/2.0", address: "127.0.0.1" },
      ]),
    );
    expect([ended.status, await closed]).toEqual([204, 4401]);
    expect([(await one.get("/api/session")).status, (await other.get("/api/session")).status]).toEqual([200, 401]);
  });

  test("[C31] another user's session is as unknown as none, and an admin ends it", async () => {
    const [owner, stranger] = [await person("tina", "operator"), await person("ulla", "operator")];
    const [entry] = (await admin.get("/api/users/tina/sessions")).body as unknown as Listed[];

    const foreign = await stranger.call("DELETE", `/api/sessions/${entry?.id}`);
    const none = await stranger.call("DELETE", "/api/sessions/none-of-that-name");
    const byAdmin = await admin.call("DELETE", `/api/sessions/${entry?.id}`);

    expect(foreign.body).toEqual({ ...none.body, instance: foreign.body.instance });
    expect([foreign.status, byAdmin.status, (await owner.get("/api/session")).status]).toEqual([404, 204, 401]);
    expect(lastEvent()).toEqual(["admin", "session_ended"]);
  });

  test("[B120] a user has so many: one more ends the one that was not used for longest", async () => {
    const { transactions } = fleet.parts;
    const { result } = await transactions.transact((work) => {
      for (let n = 0; n < 100; n += 1) openSession(work, `session ${n}`, { user: "walter", how: "in a test" });
      return openSession(work, "one more", { user: "walter", how: "in a test" });
    });

    const sessions = [...(accountsIn(fleet.manager)?.sessions.values() ?? [])].filter((one) => one.user === "walter");
    expect(result).toHaveLength(1);
    expect(sessions).toHaveLength(100);
  });
});

interface Listed {
  readonly id: string;
  readonly current: boolean;
  readonly browser?: string;
  readonly address?: string;
}
