import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { type Browser, Fleets, onlineHost, send, signIn, signInCheaply, signInWith } from "../../fleet/fleet-suite.ts";
import type { RunningFleet } from "../../process/io/start.ts";
import { codeAt, enrolSecondFactor } from "./second-factor-suite.ts";

const fleets = new Fleets();
afterAll(() => fleets.end());

const PASSWORD = "a password of the admin";
const HALF_AN_HOUR_MS = 30 * 60_000;
let now = 0;
let fleet: RunningFleet;
let admin: Browser;

beforeEach(async () => {
  now = Date.parse("2026-03-01T12:00:10Z");
  fleet = await fleets.start({ now: () => now, steadyNow: () => now });
  admin = await signInCheaply(fleet, PASSWORD);
});

describe("half an hour after the last proof", () => {
  test("[C23] what lets in machines, programs or people, and what can't be undone, asks for the password again", async () => {
    const host = await onlineHost(admin, "web-1");
    now += HALF_AN_HOUR_MS;
    const asked: readonly (readonly [method: string, path: string, body?: object])[] = [
      ["POST", "/api/enrollment-tokens", {}],
      ["POST", "/api/api-tokens", { label: "a script", role: "viewer", ttlS: 3_600 }],
      ["POST", "/api/catalogue/read"],
      ["POST", "/api/users", { name: "maria", role: "viewer" }],
      ["PATCH", "/api/users/maria", { role: "operator" }],
      ["POST", "/api/users/maria/reset"],
      ["DELETE", "/api/users/maria/second-factor"],
      ["DELETE", "/api/users/maria"],
      ["POST", "/api/second-factor"],
      ["POST", "/api/erasures", { host: "web-9" }],
      ["DELETE", `/api/hosts/${host.id}`],
    ];
    const marked = fleet.app.routes
      .filter(({ recentProof }) => recentProof === true)
      .map(({ method, path }) => `${method} ${path}`);
    const patternOf = (path: string) => path.replace("/maria", "/:name").replace(host.id, ":id");
    expect(asked.map(([method, path]) => `${method} ${patternOf(path)}`).toSorted()).toEqual(marked.toSorted());

    for (const [method, path, body] of asked) {
      const { status, body: problem } = await admin.call(method, path, body);
      expect([method, path, status, problem.code]).toEqual([method, path, 403, "confirmation_required"]);
    }
    expect((await admin.post("/api/session/confirm", { password: "a wrong password of it" })).status).toBe(403);
    expect((await admin.post("/api/session/confirm", {})).status).toBe(403);
    expect((await admin.post("/api/enrollment-tokens", {})).status).toBe(403);
    expect((await admin.post("/api/session/confirm", { password: PASSWORD })).status).toBe(204);

    for (const [method, path, body] of asked) {
      const { status, body: problem } = await admin.call(method, path, body);
      expect([method, path, status, problem.code === "confirmation_required"]).toEqual([method, path, status, false]);
    }
    expect(fleet.manager.state.hosts.size).toBe(0);
  });

  test("[C23] all else goes on, and a new password is a proof, too", async () => {
    now += HALF_AN_HOUR_MS;

    expect((await admin.get("/api/state")).status).toBe(200);
    expect((await admin.get("/api/users")).status).toBe(200);
    expect((await admin.post("/api/password", { current: PASSWORD, password: `${PASSWORD} too` })).status).toBe(204);
    expect((await admin.post("/api/enrollment-tokens", {})).status).toBe(201);
  });

  test("[C23] whoever has a second factor shows a code, which counts once, and the password is not enough", async () => {
    const { secret } = await enrolSecondFactor(admin, now);
    now += HALF_AN_HOUR_MS;
    const code = codeAt(secret, now);
    const confirm = async (body: object) => (await admin.post("/api/session/confirm", body)).status;

    expect([
      await confirm({ password: PASSWORD }),
      await confirm({ totp: "123456" }),
      await confirm({ totp: code }),
    ]).toEqual([403, 403, 204]);
    expect((await admin.post("/api/enrollment-tokens", {})).status).toBe(201);
    now += HALF_AN_HOUR_MS;
    expect([await confirm({ totp: code }), (await admin.post("/api/enrollment-tokens", {})).status]).toEqual([
      403, 403,
    ]);
  });

  test("[C23] whoever has a second factor proves nothing by a new password, as the old one may be what was stolen", async () => {
    const { secret } = await enrolSecondFactor(admin, now);
    now += HALF_AN_HOUR_MS;

    expect((await admin.post("/api/password", { current: PASSWORD, password: `${PASSWORD} too` })).status).toBe(204);
    expect((await admin.post("/api/enrollment-tokens", {})).body.code).toBe("confirmation_required");
    expect((await admin.post("/api/session/confirm", { totp: codeAt(secret, now) })).status).toBe(204);
    expect((await admin.post("/api/enrollment-tokens", {})).status).toBe(201);
  });

  test("[C23] it is confirmed for one session, by its own CSRF token and from its own pages", async () => {
    const headers = { origin: fleet.address };
    const body = { username: "admin", password: PASSWORD };
    const other = await send(fleet.address, "POST", "/api/login", { body, headers });
    now += HALF_AN_HOUR_MS;
    const csrf = { "x-csrf-token": String(other.body.csrfToken) };

    expect((await admin.post("/api/session/confirm", { password: PASSWORD }, csrf)).body.code).toBe("csrf_failed");
    const foreign = { origin: "https://elsewhere.example" };
    expect((await admin.post("/api/session/confirm", { password: PASSWORD }, foreign)).body.code).toBe(
      "origin_refused",
    );
    expect((await admin.post("/api/session/confirm", { password: PASSWORD })).status).toBe(204);
    const cookie = String(other.headers["set-cookie"]).split(";", 1)[0] ?? "";
    const refused = await send(fleet.address, "POST", "/api/enrollment-tokens", {
      body: {},
      headers: { ...headers, ...csrf, cookie },
    });
    expect(refused.body.code).toBe("confirmation_required");
  });

  test("[C23] whoever has no password and no second factor is told to sign in again, and sets no password before", async () => {
    const bare = await fleets.start({ now: () => now, steadyNow: () => now });
    const browser = await signIn(bare);
    now += HALF_AN_HOUR_MS;

    const refused = await browser.post("/api/session/confirm", {});
    const set = await browser.post("/api/password", { password: PASSWORD });

    expect([refused.status, refused.body.hint]).toEqual([400, expect.stringMatching(/^Sign in again: /)]);
    expect([set.status, set.body.code]).toEqual([403, "confirmation_required"]);
    await expect(signInWith(bare, PASSWORD)).rejects.toThrow("not_signed_in");
  });

  test("[C33] a first password is set with a code of the second factor where there is one", async () => {
    const bare = await fleets.start({ now: () => now, steadyNow: () => now });
    const browser = await signIn(bare);
    const { secret } = await enrolSecondFactor(browser, now);
    now += HALF_AN_HOUR_MS;

    expect((await browser.post("/api/password", { password: PASSWORD })).body.code).toBe("confirmation_required");
    expect((await browser.post("/api/session/confirm", { totp: codeAt(secret, now) })).status).toBe(204);
    expect((await browser.post("/api/password", { password: PASSWORD })).status).toBe(204);
  });
});
