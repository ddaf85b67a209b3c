import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { memoryStore, StoreFailure } from "@neverstale/server";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SESSION_IDLE_MS } from "../../accounts/decide.ts";
import { Passwords } from "../../accounts/io/passwords.ts";
import { hashOf } from "../../accounts/io/secrets.ts";
import {
  Browser,
  closeCode,
  cookieSetBy,
  Fleets,
  type HostAgent,
  onlineHost,
  send,
  signIn,
  signInWith,
  upgrade,
} from "../../fleet/fleet-suite.ts";
import { accountsIn } from "../../fleet/state.ts";
import { round } from "../../process/io/rounds.ts";
import type { FleetOptions } from "../../process/io/settings.ts";
import type { RunningFleet } from "../../process/io/start.ts";

const fleets = new Fleets();
let fleet: RunningFleet;
let browser: Browser;
let host: HostAgent;

/** A host that reports once stays online, however long the tests take. */
const now = Date.now();

beforeAll(async () => {
  // All routes are asked for here, and among them are more that guess than one address may try.
  fleet = await fleets.start({ now: () => now, rateLimits: { attempts: { burst: 30, perSecond: 1 / 6 } } });
  browser = await signIn(fleet);
  host = await onlineHost(browser, "web-1");
});
afterAll(() => fleets.end());

const V1 = "neverstale.v1";

function origins(own: string): [string, string | undefined][] {
  const { port } = new URL(own);
  return [
    ["missing", undefined],
    ["null", "null"],
    ["another site", "https://evil.example"],
    ["a longer name", `${own}.evil.example`],
    ["a prefix", own.slice(0, -1)],
    ["another port", `http://127.0.0.1:${Number(port) + 1}`],
    ["another scheme", own.replace("http:", "https:")],
    ["a sub-domain", own.replace("127.0.0.1", "a.localhost")],
  ];
}

/** Of a socket that was opened. */
async function codeOf(opened: ReturnType<typeof upgrade>): Promise<number> {
  const { status, socket } = await opened;
  expect(status).toBe(101);
  return closeCode(socket);
}

/** A page that has no session, and does not close when it is told so. */
function knock({ address }: RunningFleet) {
  const { hostname, port, host } = new URL(address);
  const head = [
    "GET /sync HTTP/1.1",
    `Host: ${host}`,
    `Origin: ${address}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
  ];
  const key = ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="];
  const socket = connect(Number(port), hostname);
  socket.write(`${[...head, ...key].join("\r\n")}\r\n\r\n`);
  const answer = new Promise<string>((resolve) => {
    socket.once("data", (bytes) => resolve(bytes.toString("latin1").slice(0, 12)));
  });
  return { socket, answer };
}

describe("sockets", () => {
  test("[C1] without a session its own page is told by 4401, and nobody is told anything else", async () => {
    const { status, socket, messages } = await upgrade(fleet, "/sync", { origin: fleet.address });

    expect([status, await closeCode(socket), messages]).toEqual([101, 4401, []]);
  });

  test("[C2] only an exact Origin may open a socket; a missing one is refused as well", async () => {
    const refused = origins(fleet.address).map(async ([name, origin]) => {
      const headers = { cookie: browser.cookie, ...(origin === undefined ? {} : { origin }) };
      return [name, (await upgrade(fleet, "/sync", headers)).status];
    });

    expect(await Promise.all(refused)).toEqual(origins(fleet.address).map(([name]) => [name, 403]));
    const allowed = await upgrade(fleet, "/sync", { cookie: browser.cookie, origin: fleet.address });
    expect(allowed.status).toBe(101);
    allowed.socket.terminate();
  });

  test("[C2] an agent's socket takes its credential, no Origin and no cookie", async () => {
    const bearer = { authorization: `Bearer ${host.credential}` };

    expect((await upgrade(fleet, "/agent/sync", { ...bearer, origin: fleet.address })).status).toBe(403);
    expect((await upgrade(fleet, "/agent/sync", { cookie: browser.cookie })).status).toBe(401);
    expect((await upgrade(fleet, "/agent/sync", { authorization: "Bearer not-a-credential-at-all" })).status).toBe(401);
    const allowed = await upgrade(fleet, "/agent/sync", bearer, [V1]);
    expect(allowed.status).toBe(101);
    allowed.socket.terminate();
  });

  test("[C2] an agent's credential opens nothing that is for people", async () => {
    const bearer = { authorization: `Bearer ${host.credential}`, origin: fleet.address };

    expect(await codeOf(upgrade(fleet, "/sync", bearer))).toBe(4401);
    expect((await send(fleet.address, "GET", "/api/state", { headers: bearer })).status).toBe(401);
  });

  test("[C3] the full profile needs the session's CSRF token as subprotocol", async () => {
    const headers = { cookie: browser.cookie, origin: fleet.address };

    expect((await upgrade(fleet, "/sync", headers, [V1])).status).toBe(403);
    expect((await upgrade(fleet, "/sync", headers, [V1, "csrf.wrong"])).status).toBe(403);
    expect((await upgrade(fleet, "/sync", headers, ["csrf.wrong"])).status).toBe(403);
    const allowed = await upgrade(fleet, "/sync", headers, [V1, `csrf.${browser.csrf}`]);
    expect(allowed.status).toBe(101);
    allowed.socket.terminate();
  });

  test("[C3] the plain profile only reads: a dispatch over it closes it", async () => {
    const { socket } = await upgrade(fleet, "/sync", { cookie: browser.cookie, origin: fleet.address });
    socket.send(JSON.stringify({ type: "dispatch", op: "uptime", hosts: ["web-1"] }));

    expect(await closeCode(socket)).toBe(4400);
  });

  test("[C5] a frame above 64 KiB closes the socket, the server lives on", async () => {
    const { socket } = await upgrade(fleet, "/sync", { cookie: browser.cookie, origin: fleet.address });
    socket.on("error", () => {});
    socket.send("x".repeat(65 * 1024));

    expect(await closeCode(socket)).toBeGreaterThan(1000);
    expect((await send(fleet.address, "GET", "/healthz")).status).toBe(200);
  });

  test("[C1] an upgrade to a path that is none is answered, not left open", async () => {
    expect((await upgrade(fleet, "/sync/output/../accounts", browser.headers)).status).toBe(404);
    expect(await upgrade(fleet, "/elsewhere", browser.headers)).toMatchObject({
      status: 404,
      problem: { code: "not_found", status: 404, hint: expect.any(String) },
    });
    const page = { cookie: browser.cookie, origin: fleet.address };
    expect(await codeOf(upgrade(fleet, "/sync/output/unknown", page))).toBe(4404);
  });

  test("nobody follows the accounts, whatever path is tried", async () => {
    for (const path of ["/sync/accounts", "/sync/output/accounts", "/sync?space=accounts", "/accounts"]) {
      const { status, socket, first } = await upgrade(fleet, path, { cookie: browser.cookie, origin: fleet.address });
      const shown = status === 101 ? await Promise.race([first, closeCode(socket).then(() => null)]) : null;
      if (shown !== null) expect(Object.keys(JSON.parse(shown).payload)).toContain("hosts");
      socket.terminate();
    }
  });

  test("[C6] bare bytes on the port get an error, the server lives on", async () => {
    const { port } = new URL(fleet.address);
    const answer = await new Promise<string>((resolve, reject) => {
      let text = "";
      const socket = connect(Number(port), "127.0.0.1", () => socket.end("\0\x01\x02 not http at all\r\n\r\n"));
      socket.on("data", (data) => {
        text += data.toString();
      });
      socket.on("error", reject);
      socket.on("close", () => resolve(text));
    });

    expect(answer).toContain("400");
    expect((await send(fleet.address, "GET", "/healthz")).status).toBe(200);
  });
});

describe("what ends a right", () => {
  test("[A11] logout closes the session's sockets with 4401 before it is answered", async () => {
    const other = await fleets.start();
    const leaving = await signIn(other);
    const { socket } = await upgrade(other, "/sync", { cookie: leaving.cookie, origin: other.address });
    const closed = closeCode(socket);

    const answer = await leaving.post("/api/logout");

    expect(answer.status).toBe(204);
    expect(await closed).toBe(4401);
    expect((await leaving.get("/api/session")).status).toBe(401);
    expect(String(answer.headers["set-cookie"])).toContain("Max-Age=0");
  });

  test("[A11] a removed host's agent is closed and its credential is worth nothing", async () => {
    const removed = await onlineHost(browser, "web-removed");
    const { socket } = await upgrade(fleet, "/agent/sync", removed.headers, [V1]);
    const closed = closeCode(socket);

    const answer = await browser.call("DELETE", `/api/hosts/${removed.id}`);

    expect(answer.status).toBe(200);
    expect(await closed).toBe(4403);
    expect((await removed.hello()).status).toBe(401);
    expect((await upgrade(fleet, "/agent/sync", removed.headers, [V1])).status).toBe(401);
    expect(fleet.manager.spaces()).not.toContain(`agent/${removed.id}`);
  });

  test("[C16] an idle session has ended, for requests and for new sockets", async () => {
    let now = Date.now();
    const other = await fleets.start({ now: () => now });
    const idle = await signIn(other);

    now += SESSION_IDLE_MS - 1;
    expect((await idle.get("/api/session")).status).toBe(200);
    now += SESSION_IDLE_MS + 1;

    expect((await idle.get("/api/session")).status).toBe(401);
    expect(await codeOf(upgrade(other, "/sync", { cookie: idle.cookie, origin: other.address }))).toBe(4401);
  });

  test("[C11] the sockets of a session that has ended are closed, without anybody asking", async () => {
    let now = Date.now();
    const other = await fleets.start({ now: () => now });
    const idle = await signIn(other);
    const { socket } = await upgrade(other, "/sync", { cookie: idle.cookie, origin: other.address });
    const closed = closeCode(socket);

    now += SESSION_IDLE_MS;
    await round(other.parts, true);

    expect(await closed).toBe(4401);
    expect(accountsIn(other.manager)?.sessions.size).toBe(0);
  });

  test("[C16] a session whose dashboard is only looked at is in use, and ends after a week all the same", async () => {
    let now = Date.now();
    const other = await fleets.start({ now: () => now });
    const watcher = await signIn(other);
    const { socket } = await upgrade(other, "/sync", { cookie: watcher.cookie, origin: other.address });
    const closed = closeCode(socket);
    const pass = async (hours: number) => {
      for (let hour = 0; hour < hours; hour += 1) {
        now += 60 * 60_000;
        await round(other.parts, true);
      }
    };

    await pass(48);
    expect(socket.readyState).toBe(socket.OPEN);
    expect(accountsIn(other.manager)?.sessions.size).toBe(1);
    await pass(7 * 24 - 48);

    expect(await closed).toBe(4401);
    expect(accountsIn(other.manager)?.sessions.size).toBe(0);
  });

  test("[C16] a session ends after a week, however busy it is", async () => {
    let now = Date.now();
    const other = await fleets.start({ now: () => now });
    const busy = await signIn(other);

    const statuses: number[] = [];
    for (let hours = 0; hours <= 7 * 24; hours += 8) {
      statuses.push((await busy.get("/api/session")).status);
      now += 8 * 60 * 60_000;
    }

    expect(statuses.slice(0, -1).every((status) => status === 200)).toBe(true);
    expect(statuses.at(-1)).toBe(401);
  });
});

/** A password's hash takes seconds on a busy machine. */
describe("session and login", () => {
  test("[C14] the cookie is HttpOnly, SameSite=Strict, for the whole path and for no domain", async () => {
    const other = await fleets.start();
    const token = /#setup=(.+)$/.exec(other.signInLink ?? "")?.[1];
    const answer = await send(other.address, "POST", "/api/setup", {
      body: { token },
      headers: { origin: other.address },
    });

    expect(String(answer.headers["set-cookie"])).toMatch(
      /^neverstale_\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/,
    );
    expect(answer.headers["cache-control"]).toBe("no-store");
  });

  test("[C14] behind https it is a __Host- cookie with Secure, and no other name is believed", async () => {
    const origin = "https://fleet.example.org";
    const other = await fleets.start({ allowedOrigins: [origin] });
    const token = /#setup=(.+)$/.exec(other.signInLink ?? "")?.[1];
    const answer = await send(other.address, "POST", "/api/setup", { body: { token }, headers: { origin } });
    const secret = cookieSetBy(answer).split("=")[1];

    expect(String(answer.headers["set-cookie"])).toMatch(
      /^__Host-neverstale=.*; Path=\/; HttpOnly; SameSite=Strict; .*; Secure$/,
    );
    expect(answer.headers["strict-transport-security"]).toContain("max-age=");
    expect(
      (await send(other.address, "GET", "/api/session", { headers: { cookie: cookieSetBy(answer) } })).status,
    ).toBe(200);
    const { port } = new URL(other.address);
    const planted = await send(other.address, "GET", "/api/session", {
      headers: { cookie: `neverstale_${port}=${secret}` },
    });
    expect(planted.status).toBe(401);
  });

  test("[C15] ids of sessions, tokens and credentials are stored as hashes only", async () => {
    const accounts = JSON.stringify(
      fleet.manager.capture("accounts").collections.map(({ name, records }) => [name, records]),
    );
    const secret = browser.cookie.split("=")[1] ?? "";

    expect(secret).toHaveLength(43);
    expect(accounts).toContain("sessions");
    for (const hidden of [secret, browser.csrf, host.credential]) expect(accounts).not.toContain(hidden);
  });

  test("[C18] passwords are hashed with scrypt N=2^17 r=8 p=1 and a salt of their own", async () => {
    const passwords = new Passwords();
    const [first, second] = await Promise.all([
      passwords.hash("correct horse battery"),
      passwords.hash("correct horse battery"),
    ]);

    expect(first).toMatch(/^scrypt\$131072\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
    expect(first).not.toBe(second);
    expect(await passwords.verify("correct horse battery", first)).toBe(true);
    expect(await passwords.verify("correct horse batterz", first)).toBe(false);
    expect(await passwords.verify("anything", undefined)).toBe(false);
  });

  test("[C19] only a few passwords are hashed at once, and only some may wait", async () => {
    const passwords = new Passwords(2);
    const tries = Array.from({ length: 6 }, () =>
      passwords.verify("x", undefined).catch((error: { code: string }) => error.code),
    );

    const answers = await Promise.all(tries);

    expect(answers.filter((answer) => answer === "too_many_requests")).toHaveLength(2);
  });

  test("[C20] a short password is refused, a long one is taken whole", async () => {
    const long = `${"long ".repeat(40)}end`;
    const other = await fleets.start();
    const token = /#setup=(.+)$/.exec(other.signInLink ?? "")?.[1];
    const call = (body: object, path = "/api/setup") =>
      send(other.address, "POST", path, { body, headers: { origin: other.address } });

    for (const password of [
      "fourteen chars",
      " ".repeat(15),
      "\u{1f468}\u200d".repeat(7),
      "a\ud800".repeat(8),
      `${long}`.repeat(5),
    ])
      expect((await call({ token, password })).status).toBe(400);
    expect((await call({ token, password: long })).status).toBe(200);
    expect((await call({ username: "admin", password: long.slice(0, -1) }, "/api/login")).status).toBe(401);
    expect((await call({ username: "admin", password: long }, "/api/login")).status).toBe(200);
  });

  test("[C21] a wrong name and a wrong password get the same answer", async () => {
    const other = await fleets.start({ adminPassword: "a password of the admin" });
    const login = (username: string, password: string) =>
      send(other.address, "POST", "/api/login", { body: { username, password }, headers: { origin: other.address } });

    const [unknown, wrong, right] = await Promise.all([
      login("nobody", "x"),
      login("admin", "x"),
      login("admin", "a password of the admin"),
    ]);

    expect(unknown.status).toBe(401);
    expect(unknown.body).toEqual({ ...wrong.body, instance: unknown.body.instance });
    expect(right.status).toBe(200);
    expect(right.body).toMatchObject({ user: "admin", role: "admin", csrfToken: expect.any(String) });
  });

  test("[C21] attempts are throttled by address: 429 with Retry-After", async () => {
    const other = await fleets.start({ rateLimits: { attempts: { burst: 3, perSecond: 0.1 } } });
    const attempt = () =>
      send(other.address, "POST", "/api/setup", {
        body: { token: "x".repeat(43) },
        headers: { origin: other.address },
      });

    const answers = [await attempt(), await attempt(), await attempt(), await attempt()];

    expect(answers.map((answer) => answer.status)).toEqual([401, 401, 401, 429]);
    expect(Number(answers[3]?.headers["retry-after"])).toBeGreaterThan(0);
    expect(answers[3]?.body).toMatchObject({ code: "too_many_requests", status: 429 });
  });

  const PASSWORD = "a password of the admin";

  /** Sign-ins by way of a proxy, which says for whom. */
  async function loginsFrom(rateLimits: NonNullable<FleetOptions["rateLimits"]>) {
    const other = await fleets.start({ adminPassword: PASSWORD, trustedProxies: ["127.0.0.1"], rateLimits });
    return async (from: string, username: string, password = "wrong") => {
      const headers = { origin: other.address, "x-forwarded-for": from };
      return (await send(other.address, "POST", "/api/login", { body: { username, password }, headers })).status;
    };
  }

  test("[C21] attempts are throttled by account too, whether there is such an account or not", async () => {
    const login = await loginsFrom({ account: { burst: 1, perSecond: 0.01 } });

    expect([await login("192.0.2.1", "admin"), await login("192.0.2.1", "ADMIN")]).toEqual([401, 429]);
    expect([await login("192.0.2.1", "nobody"), await login("192.0.2.1", "nobody")]).toEqual([401, 429]);
  });

  test("[C21] whoever guesses from one address keeps nobody out who comes from another", async () => {
    const login = await loginsFrom({
      account: { burst: 2, perSecond: 0.001 },
      attempts: { burst: 3, perSecond: 0.001 },
      passwords: { burst: 4, perSecond: 0.001 },
    });

    const attacker: number[] = [];
    for (let attempt = 0; attempt < 6; attempt += 1) attacker.push(await login("192.0.2.1", "admin"));

    expect(attacker).toEqual([401, 401, 429, 429, 429, 429]);
    expect(await login("198.51.100.1", "admin", PASSWORD)).toBe(200);
  });

  test("[C21] passwords tried by everyone together are bounded too, as each costs a hash", async () => {
    const login = await loginsFrom({ passwords: { burst: 2, perSecond: 0.001 } });

    const statuses = [await login("192.0.2.1", "a"), await login("192.0.2.2", "b"), await login("192.0.2.3", "c")];

    expect(statuses).toEqual([401, 401, 429]);
  });

  test("[C24] the sign-in link works once", async () => {
    const other = await fleets.start();
    const token = /#setup=(.+)$/.exec(other.signInLink ?? "")?.[1];
    const use = () =>
      send(other.address, "POST", "/api/setup", { body: { token }, headers: { origin: other.address } });

    expect([(await use()).status, (await use()).status]).toEqual([200, 401]);
  });

  test("[C24] the sign-in link is not spent by a sign-in that fails", async () => {
    const disk = memoryStore();
    const isFull = { now: false };
    const commit = disk.commit.bind(disk);
    disk.commit = (group) => {
      if (isFull.now) throw new StoreFailure("nothing_moved", "the disk is full");
      commit(group);
    };
    const other = await fleets.start({ store: disk });

    isFull.now = true;
    await expect(signIn(other)).rejects.toThrow("store_unavailable");
    isFull.now = false;

    expect((await signIn(other)).csrf).not.toBe("");
  });

  test("[C24] a password given at the start is taken while there is none, and alters none that exists", async () => {
    const store = memoryStore();
    const first = await fleets.start({ store });
    await signIn(first); // "Without a password for now", and then the cookie is lost.
    await first.close();

    const second = await fleets.start({ store, adminPassword: PASSWORD });
    await signInWith(second, PASSWORD);
    await second.close();
    const third = await fleets.start({ store, adminPassword: "another password than that" });

    await expect(signInWith(third, "another password than that")).rejects.toThrow("not_signed_in");
    await signInWith(third, PASSWORD);
    expect([second.signInLink, third.signInLink]).toEqual([null, null]);
  });

  test("[C24] the sign-in link expires", async () => {
    let now = Date.now();
    const other = await fleets.start({ now: () => now });
    now += 15 * 60_000 + 1;

    await expect(signIn(other)).rejects.toThrow("not_signed_in");
  });

  test("[C24] no link is made once there is a password, nor while somebody is signed in", async () => {
    const store = memoryStore();
    const withPassword = await fleets.start({ adminPassword: "a password of the admin" });
    const first = await fleets.start({ store });
    await signIn(first);

    expect(withPassword.signInLink).toBeNull();
    expect(first.signInLink).toContain("#setup=");
  });
});

describe("requests", () => {
  test("[C25] CSRF token properly included in all dispatches: 403 without, or with another's", async () => {
    const dispatch = { op: "uptime", hosts: [host.id] };
    const pipeline = { pipeline: "health", hosts: [host.id] };
    const calls: [string, unknown][] = [
      ["/api/dispatch", dispatch],
      ["/api/dispatch/pipeline", pipeline],
    ];
    const before = fleet.manager.version;

    for (const [path, body] of calls) {
      for (const token of [undefined, "", "wrong", `${browser.csrf}x`]) {
        const answer = await browser.post(path, body, { "x-csrf-token": token });
        expect(answer.status).toBe(403);
        expect(answer.body).toMatchObject({ code: "csrf_failed", hint: expect.stringContaining("/api/session") });
      }
    }
    expect(fleet.manager.version).toBe(before);
    expect((await browser.post("/api/dispatch", dispatch)).status).toBe(202);
  });

  test("[C25] every route that changes something wants the token", async () => {
    const routes = fleet.app.routes.filter(
      (route) => route.method !== "GET" && !["anyone", "agent", "new_agent"].includes(route.allow),
    );
    expect(routes.length).toBeGreaterThan(5);

    for (const { method, path } of routes) {
      const answer = await browser.call(method, path.replaceAll(/:\w+/g, "x"), {}, { "x-csrf-token": undefined });
      expect([path, answer.status, answer.body.code]).toEqual([path, 403, "csrf_failed"]);
    }
  });

  test("[C26] a request from elsewhere is refused, also from the same site", async () => {
    const body = { op: "uptime", hosts: [host.id] };

    for (const [name, origin] of origins(fleet.address)) {
      const answer = await browser.post("/api/dispatch", body, { origin });
      expect([name, answer.status, answer.body.code]).toEqual([name, 403, "origin_refused"]);
    }
    for (const site of ["cross-site", "same-site", "none"]) {
      const answer = await browser.post("/api/dispatch", body, { "sec-fetch-site": site });
      expect([site, answer.status, answer.body.code]).toEqual([site, 403, "origin_refused"]);
    }
    expect((await browser.post("/api/dispatch", body, { "sec-fetch-site": "same-origin" })).status).toBe(202);
  });

  test("[C27] only application/json is taken, and signing in needs the own Origin as well", async () => {
    const forms = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"];
    for (const type of forms) {
      const answer = await browser.post("/api/dispatch", "{}", { "content-type": type });
      expect([type, answer.status]).toEqual([type, 415]);
    }
    const login = await send(fleet.address, "POST", "/api/login", {
      body: { username: "admin", password: "x" },
      headers: { origin: "https://evil.example" },
    });
    expect(login.body).toMatchObject({ status: 403, code: "origin_refused" });
    const preflight = await send(fleet.address, "OPTIONS", "/api/dispatch", {
      headers: { origin: "https://evil.example", "access-control-request-method": "POST" },
    });
    expect(preflight.headers["access-control-allow-origin"]).toBeUndefined();
  });

  test("[C28] every answer carries the security headers, errors too", async () => {
    for (const path of ["/", "/api/state", "/healthz", "/nothing/here.js", "/api/nothing"]) {
      const { headers } = await send(fleet.address, "GET", path);
      expect(headers["content-security-policy"]).toContain("default-src 'none'");
      expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
      expect(headers["content-security-policy"]).not.toContain("unsafe");
      expect(headers).toMatchObject({
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
      });
      expect(headers).toMatchObject({
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
      });
      expect(headers["x-powered-by"]).toBeUndefined();
    }
  });

  test("[C29] static files come from a fixed map: no path leads out of it", async () => {
    const directory = fleets.directory();
    mkdirSync(join(directory, "assets"));
    const other = await fleets.start({ webDirectory: join(directory, "assets") });
    const traversals = [
      "/../package.json",
      "/..%2f..%2fpackage.json",
      "/%2e%2e/%2e%2e/package.json",
      "/assets/..%5c..%5cpackage.json",
      "/assets../package.json",
      "//etc/passwd.txt",
    ];

    for (const path of traversals) {
      const answer = await send(other.address, "GET", path);
      expect([path, answer.text.includes("workspaces"), answer.text.includes("root:")]).toEqual([path, false, false]);
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }
  });

  test("[C30] every route there is stands in the table, and the table has no other", async () => {
    const served = fleet.app.http.printRoutes({ commonPrefix: false, includeHooks: false });
    const declared = fleet.app.routes.map((route) => `${route.method} ${route.path}`);

    for (const route of fleet.app.routes)
      expect(fleet.app.http.hasRoute({ method: route.method, url: route.path })).toBe(true);
    const methods = [...served.matchAll(/\(([A-Z, ]+)\)/g)]
      .flatMap(([, list]) => (list ?? "").split(", "))
      .filter((method) => method !== "HEAD");
    expect(methods).toHaveLength(declared.length);
    expect(new Set(declared).size).toBe(declared.length);
  });

  test("a page learns whether somebody is signed in without an error, and with a session what it needs to go on", async () => {
    const nobody = await new Browser(fleet, "", "").get("/api/session/here");
    const somebody = await browser.get("/api/session/here");

    expect([nobody.status, nobody.body]).toEqual([
      204,
      (await new Browser(fleet, "", "").get("/api/session/here")).body,
    ]);
    expect(somebody.body).toEqual((await browser.get("/api/session")).body);
  });

  test("[C30] what needs a session gives nothing without one", async () => {
    const nobody = new Browser(fleet, "", "");
    const guarded = fleet.app.routes.filter((route) => !["anyone", "new_agent"].includes(route.allow));

    for (const { method, path, allow } of guarded) {
      const headers = allow === "agent" ? { origin: undefined } : {};
      const answer = await nobody.call(
        method,
        path.replaceAll(/:\w+/g, "web-1"),
        method === "GET" ? undefined : {},
        headers,
      );
      expect([method, path, answer.status, answer.body.code]).toEqual([method, path, 401, "not_signed_in"]);
    }
    const open = fleet.app.routes.filter((route) => route.allow === "anyone").map((route) => route.path);
    expect(open.sort()).toEqual([
      "/",
      "/*",
      "/agent/neverstale.tgz",
      "/agent/node/:file",
      "/api/invitation",
      "/api/login",
      "/api/login/proxy",
      "/api/login/proxy",
      "/api/session/here",
      "/api/setup",
      "/healthz",
      "/metrics",
      "/readyz",
    ]);
  });

  test("[C30] other methods and paths are no routes", async () => {
    for (const [method, path] of [
      ["PUT", "/api/dispatch"],
      ["GET", "/api/dispatch"],
      ["POST", "/api/state"],
      ["POST", "/"],
      ["GET", "/agent/claims"],
    ] as const) {
      const answer = await browser.call(method, path);
      expect([method, path, answer.status]).toEqual([method, path, 404]);
    }
  });

  test("[C10] bodies are closed: unknown members, wrong types and broken JSON are refused with 400", async () => {
    const bodies = [
      "{",
      "[]",
      "null",
      { op: 5, hosts: ["web-1"] },
      { op: "uptime", hosts: "web-1" },
      { op: "uptime", hosts: [] },
      { op: "uptime", hosts: ["web-1"], shell: "rm" },
    ];

    for (const body of bodies) {
      const answer = await browser.post("/api/dispatch", body);
      expect([body, answer.status, answer.body.code]).toEqual([body, 400, "bad_request"]);
      expect(answer.headers["content-type"]).toContain("application/problem+json");
    }
  });

  test("[C34] __proto__ and its kin are refused, in bodies and as ids", async () => {
    for (const body of [
      '{"op":"uptime","hosts":["web-1"],"__proto__":{"role":"admin"}}',
      '{"op":"uptime","hosts":["web-1"],"args":{"constructor":{"prototype":{"x":1}}}}',
    ]) {
      expect((await browser.post("/api/dispatch", body)).status).toBeGreaterThanOrEqual(400);
    }
    for (const id of ["__proto__", "constructor", "prototype"]) {
      expect((await browser.call("PATCH", `/api/hosts/${id}`, { tags: ["x"] })).body).toMatchObject({
        status: 404,
        code: "unknown_host",
      });
      expect((await browser.post("/api/dispatch", { op: "uptime", hosts: [id] })).body).toMatchObject({
        status: 404,
        code: "unknown_host",
      });
    }
    expect({}).not.toHaveProperty("role");
  });

  test("a body that is too large is answered 413", async () => {
    const answer = await browser.post("/api/dispatch", { op: "uptime", hosts: ["x".repeat(1024 * 1024)] });

    expect(answer.body).toMatchObject({ status: 413, code: "too_large" });
  });

  test("[C7] [B30] requests of one address are limited: 429 with Retry-After", async () => {
    const other = await fleets.start({ now: () => now, rateLimits: { requests: { burst: 5, perSecond: 1 } } });

    const statuses = await Promise.all(
      Array.from({ length: 7 }, () => send(other.address, "GET", "/healthz").then((answer) => answer.status)),
    );

    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(0);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(5);
  });

  test("[C7] [B13] sockets of one session and of one agent are bounded: 429 with Retry-After, until one closes", async () => {
    const other = await fleets.start({ socketLimits: { session: 2, agent: 1 } });
    const admin = await signIn(other);
    const agent = await onlineHost(admin, "web-1");
    const open = () => upgrade(other, "/sync", { cookie: admin.cookie, origin: other.address });
    const [first] = [await open(), await open()];

    const third = await open();

    expect(third).toMatchObject({ status: 429, retryAfter: "5", problem: { code: "too_many_requests" } });
    const agents = [
      await upgrade(other, "/agent/sync", agent.headers),
      await upgrade(other, "/agent/sync", agent.headers),
    ];
    expect(agents.map(({ status }) => status)).toEqual([101, 429]);
    const metrics = await admin.get("/metrics");
    expect(metrics.text).toContain("neverstale_sockets_too_many_of_session 1\n");
    expect(metrics.text).toContain("neverstale_sockets_too_many_of_agent 1\n");
    first.socket.close();
    await expect.poll(async () => (await open()).status).toBe(101);
  });

  test("[C7] [B12] sockets of one address that show no session are bounded", async () => {
    const other = await fleets.start({ socketLimits: { address: 1 } });
    const knocking = [knock(other), knock(other)];

    const answers = await Promise.all(knocking.map(({ answer }) => answer));

    expect(answers.sort()).toEqual(["HTTP/1.1 101", "HTTP/1.1 429"]);
    for (const { socket } of knocking) socket.destroy();
  });

  test("[C7] a refused upgrade says when to come back", async () => {
    const other = await fleets.start({ now: () => now, rateLimits: { requests: { burst: 1, perSecond: 0.1 } } });
    await send(other.address, "GET", "/healthz");

    const refused = await upgrade(other, "/sync", { origin: other.address });

    expect(refused).toMatchObject({ status: 429, retryAfter: "10", problem: { code: "too_many_requests" } });
  });

  test("[C8] who sends its request slowly, or too many headers, is not waited for", async () => {
    const { headersTimeout, requestTimeout, maxHeadersCount } = fleet.app.http.server;
    const many = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`x-${index}`, "x".repeat(50)]));

    expect({ headersTimeout, requestTimeout, maxHeadersCount }).toEqual({
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      maxHeadersCount: 100,
    });
    expect((await send(fleet.address, "GET", "/healthz", { headers: many })).status).toBe(431);
  });

  test("HEAD answers as GET does, without a body", async () => {
    const answer = await send(fleet.address, "HEAD", "/healthz");

    expect([answer.status, answer.text]).toEqual([200, ""]);
    expect((await send(fleet.address, "HEAD", "/api/state")).status).toBe(401);
  });

  /** What the second attempt that says it comes from elsewhere is told. */
  async function secondAttempt(trustedProxies: string[], first: string, second: string): Promise<number> {
    const rateLimits = { attempts: { burst: 1, perSecond: 0.01 } };
    const other = await fleets.start({ trustedProxies, rateLimits });
    const attempt = async (forwarded: string) => {
      const headers = { origin: other.address, "x-forwarded-for": forwarded, "x-real-ip": forwarded };
      const body = { token: "x".repeat(43) };
      return (await send(other.address, "POST", "/api/setup", { body, headers })).status;
    };
    expect(await attempt(first)).toBe(401);
    return await attempt(second);
  }

  test("[C9] a forwarded address is not believed", async () => {
    expect(await secondAttempt([], "10.0.0.1", "10.0.0.2")).toBe(429);
    expect(await secondAttempt(["10.0.0.0/8", "::1"], "10.0.0.1", "10.0.0.2")).toBe(429);
  });

  test("[C9] what a trusted proxy says is believed, and nothing that its own caller wrote before it", async () => {
    const proxies = ["127.0.0.0/8", "10.0.0.5"];

    expect(await secondAttempt(proxies, "192.0.2.1", "192.0.2.2")).toBe(401);
    expect(await secondAttempt(proxies, "10.9.9.1, 192.0.2.1", "10.9.9.2, 192.0.2.1")).toBe(429);
    expect(await secondAttempt(proxies, "192.0.2.1, 10.0.0.5", "192.0.2.2, 10.0.0.5")).toBe(401);
    expect(await secondAttempt(proxies, "nonsense", "more nonsense")).toBe(429);
  });

  test("[C9] sockets come from where the trusted proxy says as well", async () => {
    const lines: string[] = [];
    const log = pino({ base: null }, { write: (line) => void lines.push(line) });
    const other = await fleets.start({ trustedProxies: ["127.0.0.1"], log });

    await upgrade(other, "/sync", { origin: other.address, "x-forwarded-for": "192.0.2.7" });

    const refused = lines.map((line) => JSON.parse(line)).find((entry) => entry.msg === "a socket was refused");
    expect(refused).toMatchObject({ ip: "192.0.2.7" });
  });

  test.each(["10.0.0", "10.0.0.0/33", "proxy.example.org", "10.0.0.0/8/8", "10.0.0.0/"])(
    "[C9] a trusted proxy %s is none, and the start is refused",
    async (proxy) => {
      await expect(fleets.start({ trustedProxies: [proxy] })).rejects.toThrow("is no address of a proxy");
    },
  );
});

describe("agents", () => {
  test("[C37] an enrolment token is used once, unless it was made for more", async () => {
    const made = await browser.post("/api/enrollment-tokens", { label: "rack 4" });
    const enroll = (nonce: string) =>
      send(fleet.address, "POST", "/agent/enroll", {
        body: { token: made.body.token, nonce, hostname: "db-1", os: "Linux", arch: "x64", agentVersion: "1.0.0" },
      });

    const [first, lostAnswer, stranger] = [
      await enroll("n".repeat(40)),
      await enroll("n".repeat(40)),
      await enroll("m".repeat(40)),
    ];

    expect(first.status).toBe(200);
    expect(lostAnswer.body).toMatchObject({ hostId: first.body.hostId, credential: first.body.credential });
    expect(stranger.body).toMatchObject({ status: 401, code: "not_signed_in" });
    const listed = await browser.get("/api/enrollment-tokens");
    expect(listed.text).toContain("rack 4");
    expect(listed.text).not.toContain(String(made.body.token));
    expect(listed.text).not.toMatch(/hash/i);
  });

  test("[C37] a token for several hosts lets in so many, gives each its own credential, and a lost answer uses up nothing", async () => {
    const made = await browser.post("/api/enrollment-tokens", { uses: 3, tags: ["rack-7"] });
    const enroll = (nonce: string) =>
      send(fleet.address, "POST", "/agent/enroll", {
        body: { token: made.body.token, nonce, hostname: "rack", os: "Linux", arch: "x64", agentVersion: "1.0.0" },
      });
    const nonces = ["a", "b", "a", "c", "b"].map((letter) => letter.repeat(40));

    const answers = await Promise.all(nonces.map(enroll));
    const tooLate = await enroll("d".repeat(40));
    const again = await enroll("a".repeat(40));

    const ids = answers.map(({ body }) => String(body.hostId));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(new Set(ids).size).toBe(3);
    expect(new Set(answers.map(({ body }) => body.credential)).size).toBe(3);
    expect([tooLate.status, again.body.hostId]).toEqual([401, ids[0]]);
    for (const id of ids) expect(fleet.manager.state.hosts.get(id)?.tags).toEqual(["rack-7"]);
    const listed = await browser.get("/api/enrollment-tokens");
    expect(listed.body).toContainEqual(expect.objectContaining({ id: made.body.id, uses: 3, used: 3 }));
  });

  test("[C37] a host that was removed does not come back by the token that it came with", async () => {
    const made = await browser.post("/api/enrollment-tokens", { uses: 2 });
    const body = { token: made.body.token, nonce: "r".repeat(40), hostname: "gone", os: "Linux", arch: "x64" };
    const enroll = () => send(fleet.address, "POST", "/agent/enroll", { body: { ...body, agentVersion: "1.0.0" } });
    const first = await enroll();

    await browser.call("DELETE", `/api/hosts/${first.body.hostId}`);
    const second = await enroll();

    expect([first.status, second.status]).toEqual([200, 401]);
  });

  test("[B94] [C37] tokens promise no more uses than may be kept", async () => {
    const other = await fleets.start();
    const admin = await signIn(other);
    const make = async (uses: number) => (await admin.post("/api/enrollment-tokens", { uses })).status;

    for (let n = 0; n < 10; n += 1) expect(await make(10_000)).toBe(201);

    expect([await make(1), await make(10_001), await make(0)]).toEqual([429, 400, 400]);
  });

  test("[C37] what is kept of a token's uses goes with it, whether it is removed or expires", async () => {
    let now = Date.now();
    const other = await fleets.start({ now: () => now });
    const admin = await signIn(other);
    const made = [
      await admin.post("/api/enrollment-tokens", { uses: 2 }),
      await admin.post("/api/enrollment-tokens", { uses: 2 }),
    ];
    for (const { body } of made) {
      const facts = { hostname: "h", os: "Linux", arch: "x64", agentVersion: "1.0.0" };
      const asked = { token: body.token, nonce: `${body.id} with some length to it, and more`, ...facts };
      expect((await send(other.address, "POST", "/agent/enroll", { body: asked })).status).toBe(200);
    }
    const kept = () => accountsIn(other.manager)?.enrollments.size;
    expect(kept()).toBe(2);

    await admin.call("DELETE", `/api/enrollment-tokens/${made[0]?.body.id}`);
    expect(kept()).toBe(1);
    now += 60 * 60_000;
    await round(other.parts, true);
    expect(kept()).toBe(0);
  });

  test("[C37] many hosts enrol from one address within a moment, while whoever guesses there is made to wait", async () => {
    const other = await fleets.start({ rateLimits: { attempts: { burst: 10, perSecond: 0.01 } } });
    const admin = await signIn(other);
    const made = await admin.post("/api/enrollment-tokens", { uses: 50 });
    const enroll = async (token: unknown, n: number) => {
      const facts = { hostname: `many-${n}`, os: "Linux", arch: "x64", agentVersion: "1.0.0" };
      const body = { token, nonce: `the nonce of agent number ${n}, long enough`, ...facts };
      return (await send(other.address, "POST", "/agent/enroll", { body })).status;
    };

    for (let n = 0; n < 50; n += 5) {
      const five = [0, 1, 2, 3, 4].map((more) => enroll(made.body.token, n + more));
      expect(await Promise.all(five)).toEqual([200, 200, 200, 200, 200]);
    }
    const guesses = [];
    for (let n = 0; n < 12; n += 1) guesses.push(await enroll("g".repeat(43), n));

    expect(other.manager.state.hosts.size).toBe(50);
    expect(guesses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
  });

  test("[C37] an enrolment token expires after an hour, and a removed one is worth nothing", async () => {
    let now = Date.now();
    const other = await fleets.start({ now: () => now });
    const admin = await signIn(other);
    const [old, removed] = [await admin.post("/api/enrollment-tokens"), await admin.post("/api/enrollment-tokens")];
    expect((await admin.call("DELETE", `/api/enrollment-tokens/${removed.body.id}`)).status).toBe(204);
    const enroll = (token: unknown) =>
      send(other.address, "POST", "/agent/enroll", {
        body: { token, nonce: "n".repeat(40), hostname: "db-1", os: "Linux", arch: "x64", agentVersion: "1.0.0" },
      });

    expect((await enroll(removed.body.token)).status).toBe(401);
    now += 60 * 60_000;
    expect((await enroll(old.body.token)).status).toBe(401);
  });

  test("[C37] an enrolment token may be good for less than an hour, never for more, and gives its host tags", async () => {
    let now = Date.now();
    const other = await fleets.start({ now: () => now });
    const admin = await signIn(other);
    const facts = { nonce: "n".repeat(40), hostname: "db-1", os: "Linux", arch: "x64", agentVersion: "1.0.0" };
    const enroll = (token: unknown) => send(other.address, "POST", "/agent/enroll", { body: { token, ...facts } });
    const [short, tagged, long] = [
      await admin.post("/api/enrollment-tokens", { ttlS: 60 }),
      await admin.post("/api/enrollment-tokens", { tags: ["prod"] }),
      await admin.post("/api/enrollment-tokens", { ttlS: 3_601 }),
    ];

    now += 60_000;
    const answers = [await enroll(short.body.token), await enroll(tagged.body.token)];

    expect(long.status).toBe(400);
    expect(answers.map(({ status }) => status)).toEqual([401, 200]);
    expect(other.manager.state.hosts.get("db-1")?.tags).toEqual(["prod"]);
  });

  test("[C38] an agent speaks for its own host only, whatever ids it names", async () => {
    const other = await onlineHost(browser, "web-2");
    const dispatched = await browser.post("/api/dispatch", { op: "uptime", hosts: [host.id, other.id] });
    const [mine, theirs] = (dispatched.body.commands as unknown as { id: string; host: string }[]).sort((a, b) =>
      a.host.localeCompare(b.host),
    );

    expect((await host.claim(theirs?.id ?? "")).body).toMatchObject({ status: 409, code: "claim_refused" });
    await host.finished(theirs?.id ?? "", "succeeded");
    await host.report({ type: "output", commandId: theirs?.id ?? "", offset: 0, bytes: 4, text: "evil" });

    expect(fleet.manager.state.commands.get(theirs?.id ?? "")).toMatchObject({ status: "pending", outputBytes: 0 });
    expect((await browser.get(`/api/commands/${theirs?.id}/output?format=plain`)).text).toBe("");
    expect(mine?.host).toBe(host.id);
  });

  test("[C45] a machine that enrols under a taken name gets an id of its own", async () => {
    const twin = await onlineHost(browser, "web-1");

    expect(twin.id).not.toBe("web-1");
    expect(twin.id).toMatch(/^web-1-/);
    expect(fleet.manager.state.hosts.get("web-1")?.hostname).toBe("web-1");
  });

  test("a machine may have a name that no id can have", async () => {
    const named = await onlineHost(browser, "constructor");

    expect(named.id).toMatch(/^constructor-/);
    expect(fleet.manager.state.hosts.get(named.id)?.hostname).toBe(named.id);
  });

  test("[C45] two agents with one credential raise an alarm", async () => {
    const original = await onlineHost(browser, "web-cloned");
    const clone = original.restarted("run-2");

    await clone.report({ type: "metrics", cpu: 1 });
    await original.report({ type: "metrics", cpu: 1 });
    await clone.report({ type: "metrics", cpu: 1 });

    const alarms = [...fleet.manager.state.events.values()].filter(
      (event) => event.action === "agent_cloned" && event.host === original.id,
    );
    expect(alarms).toHaveLength(1);
    expect(alarms[0]).toMatchObject({ level: "error" });
  });
});

describe("deployment", () => {
  test("[C46] the data directory is its owner's alone, and a looser one is refused", async () => {
    const dataDir = join(fleets.directory(), "data");
    const other = await fleets.start({ dataDir });
    expect(other.address).toContain("http://");
    const loose = fleets.directory();
    const { chmodSync } = await import("node:fs");
    chmodSync(loose, 0o755);

    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    for (const file of readdirSync(dataDir)) expect(statSync(join(dataDir, file)).mode & 0o077).toBe(0);
    await expect(fleets.start({ dataDir: loose })).rejects.toThrow("chmod 700");
  });

  test("[C47] it listens on loopback, and elsewhere only when told where browsers come from", async () => {
    expect(fleet.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await expect(fleets.start({ host: "0.0.0.0" })).rejects.toThrow("at which address browsers find it");
    await expect(fleets.start({ allowedOrigins: ["https://fleet.example.org/path"] })).rejects.toThrow("is no origin");
  });

  test("[C13] connections, sign-ins and limits are logged with user, address and origin, never with a secret", async () => {
    const lines: string[] = [];
    const log = pino({ base: null }, { write: (line) => void lines.push(line) });
    const rateLimits = { attempts: { burst: 2, perSecond: 0.001 } };
    const logged = await fleets.start({ log, rateLimits });
    const origin = { origin: logged.address };
    const setupToken = /#setup=(.+)$/.exec(logged.signInLink ?? "")?.[1] ?? "";
    const user = await signIn(logged, { password: "correct horse battery staple" });
    const agent = await onlineHost(user, "web-1");
    const { socket } = await upgrade(logged, "/sync", { cookie: user.cookie, ...origin });
    socket.close();
    await upgrade(logged, "/sync", { cookie: user.cookie, origin: "https://evil.example" });
    await send(logged.address, "GET", "/api/state?token=in-the-query");
    for (const username of ["admin", "my password by mistake", "admin"])
      await send(logged.address, "POST", "/api/login", {
        body: { username, password: "the-wrong-one" },
        headers: origin,
      });
    await user.post("/api/logout");

    const about = { ip: "127.0.0.1", origin: logged.address };
    const expected = [
      { ...about, user: "admin", msg: "signed in" },
      { ip: "127.0.0.1", host: agent.id, msg: "a host enrolled" },
      { ...about, user: "admin", path: "/sync", msg: "a socket was opened" },
      { ...about, user: "admin", path: "/sync", msg: "a socket was closed" },
      { ip: "127.0.0.1", origin: "https://evil.example", code: "origin_refused", msg: "a socket was refused" },
      { ip: "127.0.0.1", path: "/api/state", code: "not_signed_in", msg: "a request was refused" },
      { ...about, user: "admin", msg: "a sign-in failed" },
      { ...about, path: "/api/login", msg: "too many attempts of one address" },
      { ...about, user: "admin", msg: "signed out" },
    ];
    const entries = () => lines.map((line) => JSON.parse(line));
    await expect.poll(() => entries().map((entry) => entry.msg)).toContain("a socket was closed");
    for (const entry of expected) expect(entries()).toContainEqual(expect.objectContaining(entry));
    const sessionSecret = user.cookie.split("=")[1] ?? "";
    const secrets = [sessionSecret, user.csrf, agent.credential, setupToken, "wrong-one", "staple", "in-the-query"];
    secrets.push("by mistake", hashOf(sessionSecret));
    expect(secrets.filter((secret) => secret === "" || lines.join("").includes(secret))).toEqual([]);
  });

  test("[C12] no token is ever part of a path or a query", () => {
    const link = new URL(fleet.signInLink ?? "");

    expect(link.pathname + link.search).toBe("/");
    expect(link.hash).toMatch(/^#setup=[\w-]{43}$/);
    const root = new URL("../..", import.meta.url);
    const sources = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith("routes.ts"),
    );
    expect(sources.length).toBeGreaterThan(3);
    for (const file of sources)
      expect(readFileSync(new URL(file, root), "utf8")).not.toMatch(/query\.(token|session|csrf|key)/);
  });
});
