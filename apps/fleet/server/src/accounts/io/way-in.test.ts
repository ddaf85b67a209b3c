import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { memoryStore } from "@neverstale/server";
import { afterAll, describe, expect, test } from "vitest";
import {
  Browser,
  closeCode,
  cookieSetBy,
  Fleets,
  send,
  signIn,
  signInCheaply,
  signInWith,
  upgrade,
} from "../../fleet/fleet-suite.ts";
import { accountsIn } from "../../fleet/state.ts";
import { databaseIn } from "../../process/io/data-directory.ts";
import type { RunningFleet } from "../../process/io/start.ts";
import { askForReset } from "./admin-reset.ts";
import { enrolSecondFactor } from "./second-factor-suite.ts";

const fleets = new Fleets();
afterAll(() => fleets.end());

const PASSWORD = "a password of the admin";
const ANOTHER = "another password than that";

function setUp(fleet: RunningFleet, link: string, body: object = {}) {
  const token = /#setup=(.+)$/.exec(link)?.[1];
  return send(fleet.address, "POST", "/api/setup", { body: { token, ...body }, headers: { origin: fleet.address } });
}

/** A directory that looks like a server's, for servers whose store is in memory. */
function dataDirectory(): string {
  const path = fleets.directory();
  writeFileSync(databaseIn(path), "");
  return path;
}

describe("admin reset", () => {
  test("[C24] reset: while the server runs: sessions and sockets end, password and second factor are gone, and the new link works once", async () => {
    const dataDir = dataDirectory();
    const fleet = await fleets.start({ dataDir });
    const browser = await signInCheaply(fleet, PASSWORD);
    await enrolSecondFactor(browser, Date.now());
    const { socket } = await upgrade(fleet, "/sync", { cookie: browser.cookie, origin: fleet.address });
    const closed = closeCode(socket);

    const { link, isDone } = await askForReset(dataDir);

    expect(isDone).toBe(true);
    expect(await closed).toBe(4401);
    expect((await browser.get("/api/session")).status).toBe(401);
    await expect(signInWith(fleet, PASSWORD)).rejects.toThrow("not_signed_in");
    expect(new URL(link).origin).toBe(fleet.address);
    expect([(await setUp(fleet, link, { password: ANOTHER })).status, (await setUp(fleet, link)).status]).toEqual([
      200, 401,
    ]);
    const again = await signInWith(fleet, ANOTHER);
    expect((await again.get("/api/event-log")).text).toContain("admin_reset");
    expect(readdirSync(dataDir)).not.toContain("admin-reset.json");
  });

  test("[C24] reset: while no server runs: the next start does it, and the link is good from then on", async () => {
    const [dataDir, store] = [dataDirectory(), memoryStore()];
    const first = await fleets.start({ dataDir, store });
    await signInCheaply(first, PASSWORD);
    await first.close();

    const { link, isDone } = await askForReset(dataDir);
    const second = await fleets.start({ dataDir, store });

    expect([isDone, second.signInLink]).toEqual([false, null]);
    expect(accountsIn(second.manager)?.sessions.size).toBe(0);
    await expect(signInWith(second, PASSWORD)).rejects.toThrow("not_signed_in");
    expect((await setUp(second, link)).status).toBe(200);
  });

  test("[C24] reset: what is in the place of the request, but is none, is taken once, not again and again", async () => {
    const dataDir = dataDirectory();
    const fleet = await fleets.start({ dataDir, adminPassword: PASSWORD });

    mkdirSync(join(dataDir, "admin-reset.json"));
    await expect.poll(() => readdirSync(dataDir)).not.toContain("admin-reset.json");

    const { link, isDone } = await askForReset(dataDir);
    expect([isDone, (await setUp(fleet, link, { password: ANOTHER })).status]).toEqual([true, 200]);
    await signInWith(fleet, ANOTHER);
  });

  test("[C24] reset: one that waited for more than an hour is done, with a new link", async () => {
    const [dataDir, store] = [dataDirectory(), memoryStore()];
    const first = await fleets.start({ dataDir, store, adminPassword: PASSWORD });
    await first.close();
    const { link } = await askForReset(dataDir);

    const later = Date.now() + 2 * 60 * 60_000;
    const second = await fleets.start({ dataDir, store, now: () => later });

    expect((await setUp(second, link)).status).toBe(401);
    expect((await setUp(second, second.signInLink ?? "")).status).toBe(200);
  });

  test("[C24] reset: a request that is none resets all the same, and stops no start", async () => {
    const dataDir = dataDirectory();
    writeFileSync(join(dataDir, "admin-reset.json"), "garbage");

    const fleet = await fleets.start({ dataDir });

    expect(fleet.signInLink).toContain("#setup=");
  });

  test("[C24] reset: where no server's data is, it says so", async () => {
    await expect(askForReset(fleets.directory())).rejects.toThrow("is no data directory of a server");
  });

  test("[C24] reset: what it and the server write is their owner's alone", async () => {
    const dataDir = dataDirectory();
    const fleet = await fleets.start({ dataDir });
    await fleet.close();
    await askForReset(dataDir);

    const files = readdirSync(dataDir).filter((name) => name !== "fleet.db");

    expect(files.sort()).toEqual(["address.json", "admin-reset.json", "secret.key"]);
    for (const name of files) expect([name, statSync(join(dataDir, name)).mode & 0o077]).toEqual([name, 0]);
  });
});

describe("a password that is set and changed", () => {
  test("[C33] a new password wants the old one, once there is one", async () => {
    const fleet = await fleets.start();
    const browser = await signIn(fleet);

    const statuses = [
      (await browser.post("/api/password", { password: PASSWORD })).status,
      (await browser.post("/api/password", { password: ANOTHER })).status,
      (await browser.post("/api/password", { current: "a wrong one altogether", password: ANOTHER })).status,
      (await browser.post("/api/password", { current: PASSWORD, password: "too short" })).status,
      (await browser.post("/api/password", { current: PASSWORD, password: ANOTHER })).status,
    ];

    expect(statuses).toEqual([204, 403, 403, 400, 204]);
    await expect(signInWith(fleet, PASSWORD)).rejects.toThrow("not_signed_in");
    await signInWith(fleet, ANOTHER);
  });

  test("the same request twice at once is answered twice, and two that differ set one of their passwords", async () => {
    const fleet = await fleets.start();
    const browser = await signInCheaply(fleet, PASSWORD);
    const change = (current: string, password: string) => browser.post("/api/password", { current, password });

    const same = await Promise.all([change(PASSWORD, ANOTHER), change(PASSWORD, ANOTHER)]);
    const differing = await Promise.all([change(ANOTHER, PASSWORD), change(ANOTHER, `${PASSWORD} too`)]);

    expect(same.map(({ status }) => status)).toEqual([204, 204]);
    expect(differing.map(({ status }) => status).toSorted()).toEqual([204, 403]);
    const set = differing[0]?.status === 204 ? PASSWORD : `${PASSWORD} too`;
    await signInWith(fleet, set);
  });

  test("[C33] it wants the session's CSRF token, and attempts are throttled as sign-ins are", async () => {
    const fleet = await fleets.start({ rateLimits: { account: { burst: 2, perSecond: 0.001 } } });
    const browser = await signInCheaply(fleet, PASSWORD);
    const guess = () => browser.post("/api/password", { current: "a guess", password: ANOTHER });

    const foreign = await browser.post(
      "/api/password",
      { current: PASSWORD, password: ANOTHER },
      { "x-csrf-token": "x" },
    );
    const guesses = [(await guess()).status, (await guess()).status, (await guess()).status];

    expect(foreign.body.code).toBe("csrf_failed");
    expect(guesses).toEqual([403, 403, 429]);
  });

  test("[C16] the user's other sessions and their sockets end with the old password, the own one goes on", async () => {
    const fleet = await fleets.start();
    const [own, other] = [await signInCheaply(fleet, PASSWORD), await signInWith(fleet, PASSWORD)];
    const { socket } = await upgrade(fleet, "/sync", { cookie: other.cookie, origin: fleet.address });
    const closed = closeCode(socket);

    const answer = await own.post("/api/password", { current: PASSWORD, password: ANOTHER });

    expect(answer.status).toBe(204);
    expect(await closed).toBe(4401);
    expect([(await own.get("/api/session")).status, (await other.get("/api/session")).status]).toEqual([200, 401]);
  });
});

describe("the cookie", () => {
  test("[C14] it has the same name after a restart on another port", async () => {
    const [dataDir, store] = [fleets.directory(), memoryStore()];
    const first = await fleets.start({ dataDir, store });
    const browser = await signIn(first);
    await first.close();

    const second = await fleets.start({ dataDir, store });

    expect((await new Browser(second, browser.cookie, browser.csrf).get("/api/session")).status).toBe(200);
  });

  test("[C14] servers on one machine have cookies of different names", async () => {
    const [first, second] = [await fleets.start(), await fleets.start()];
    const names = [await signIn(first), await signIn(second)].map(({ cookie }) => cookie.split("=")[0]);

    expect(new Set(names).size).toBe(2);
  });

  test("[C21] a device that has signed in is named by a cookie that opens nothing", async () => {
    const fleet = await fleets.start();
    const browser = await signIn(fleet);

    const answer = await browser.get("/api/session");

    expect(String(answer.headers["set-cookie"])).toMatch(
      /^neverstale_device_\d+=[\w-]+\.[\w-]+\.[\w-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=31536000$/,
    );
    const device = cookieSetBy(answer);
    expect((await browser.get("/api/session", { cookie: device })).status).toBe(401);
    const both = await browser.get("/api/session", { cookie: `${browser.cookie}; ${device}` });
    expect([both.status, both.headers["set-cookie"]]).toEqual([200, undefined]);
  });
});
