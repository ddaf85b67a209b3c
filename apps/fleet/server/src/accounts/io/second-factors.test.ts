import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { memoryStore, type Store, StoreFailure } from "@neverstale/server";
import { sqliteStore } from "@neverstale/store-sqlite";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { type Browser, Fleets, send, signInCheaply } from "../../fleet/fleet-suite.ts";
import { accountsIn } from "../../fleet/state.ts";
import { databaseIn } from "../../process/io/data-directory.ts";
import type { FleetOptions } from "../../process/io/settings.ts";
import type { RunningFleet } from "../../process/io/start.ts";
import { beginEnrolment, confirmEnrolment } from "../second-factors.ts";
import { browserOf, codeAt, type Enrolled, enrolSecondFactor, logIn } from "./second-factor-suite.ts";
import { SecondFactors } from "./second-factors.ts";
import { ServerKey } from "./server-key.ts";

const fleets = new Fleets();
afterAll(() => fleets.end());

const PASSWORD = "a password of the admin";
const STEP_MS = 30_000;
let now = 0;
let steady = 0;
beforeEach(() => {
  now = Date.parse("2026-03-01T12:00:10Z");
  steady = 0;
});

async function started(options: FleetOptions = {}): Promise<RunningFleet> {
  return await fleets.start({ now: () => now, steadyNow: () => steady, ...options });
}

async function withFactor(options: FleetOptions = {}) {
  const fleet = await started(options);
  const admin = await signInCheaply(fleet, PASSWORD);
  const enrolled = await enrolSecondFactor(admin, now);
  now += STEP_MS;
  return { fleet, admin, ...enrolled };
}

async function actionsSeen(browser: Browser): Promise<string[]> {
  const { events } = (await browser.get("/api/event-log?category=audit")).body as unknown as {
    events: { action: string }[];
  };
  return events.map(({ action }) => action);
}

describe("enrolment", () => {
  test("[C22] the secret is shown once, counts when a code has confirmed it, and codes are asked for from then on", async () => {
    const fleet = await started();
    const admin = await signInCheaply(fleet, PASSWORD);

    const begun = await admin.post("/api/second-factor");
    const secret = String(begun.body.secret);
    const before = await logIn(fleet, PASSWORD);
    const wrong = await admin.post("/api/second-factor/confirm", { totp: codeAt(secret, now + 10 * STEP_MS) });
    const confirmed = await admin.post("/api/second-factor/confirm", { totp: codeAt(secret, now) });
    const again = await admin.post("/api/second-factor");
    const shown = await admin.get("/api/second-factor");

    expect(begun.body.uri).toMatch(/^otpauth:\/\/totp\/Neverstale%20127\.0\.0\.1:admin\?/);
    expect([begun.status, secret.length]).toEqual([201, 32]);
    expect([before.status, wrong.status, confirmed.status, again.status]).toEqual([200, 403, 200, 400]);
    expect(shown.body).toEqual({ confirmedAt: "2026-03-01T12:00:10.000Z", recoveryCodes: 10, hasPassword: true });
    expect((await logIn(fleet, PASSWORD)).body).toMatchObject({ status: 403, code: "totp_required" });
    expect((await logIn(fleet, PASSWORD, codeAt(secret, now))).status).toBe(403);
    now += STEP_MS;
    expect((await logIn(fleet, PASSWORD, codeAt(secret, now))).status).toBe(200);
    expect((await admin.get("/api/users")).body).toMatchObject([{ name: "admin", secondFactor: true }]);
    expect(await actionsSeen(admin)).toContain("second_factor_enrolled");
  });

  test("[C22] a wrong password with a right code opens nothing, and says nothing of the code", async () => {
    const { fleet, secret } = await withFactor();

    const answer = await logIn(fleet, "a wrong password of it", codeAt(secret, now));

    expect(answer.body).toMatchObject({ status: 401, code: "not_signed_in" });
    expect((await logIn(fleet, PASSWORD, codeAt(secret, now))).status).toBe(200);
  });

  test("an enrolment that nobody confirmed within an hour is begun again", async () => {
    const fleet = await started();
    const admin = await signInCheaply(fleet, PASSWORD);
    const begun = await admin.post("/api/second-factor");
    now += 3_600_000;

    const late = await admin.post("/api/second-factor/confirm", { totp: codeAt(String(begun.body.secret), now) });

    expect([late.status, late.body.hint]).toEqual([400, "Begin it again."]);
  });

  test("[D1] a repeat of a lost answer shows the same recovery codes", async () => {
    const fleet = await started();
    const admin = await signInCheaply(fleet, PASSWORD);
    const secret = String((await admin.post("/api/second-factor")).body.secret);
    const key = { "idempotency-key": "the-key-of-a-confirmation" };

    const first = await admin.post("/api/second-factor/confirm", { totp: codeAt(secret, now) }, key);
    const repeat = await admin.post("/api/second-factor/confirm", { totp: codeAt(secret, now) }, key);

    expect([repeat.status, repeat.body]).toEqual([200, first.body]);
  });

  test("[C22] [C46] neither the secret nor a recovery code can be read in the data, and another key opens nothing", async () => {
    const dataDir = fleets.directory();
    const { fleet, secret, recoveryCodes } = await withFactor({ dataDir, store: sqliteStore(databaseIn(dataDir)) });
    const sealed = accountsIn(fleet.manager)?.secondFactors.get("admin")?.sealed ?? "";
    await fleet.close();

    const bytes = Buffer.concat(
      readdirSync(dataDir)
        .filter((name) => name !== "secret.key")
        .map((name) => readFileSync(join(dataDir, name))),
    );

    expect(bytes.includes("second_factor_begun")).toBe(true);
    for (const text of [secret, ...recoveryCodes, ...recoveryCodes.map((code) => code.replaceAll("-", ""))])
      expect([text, bytes.includes(text)]).toEqual([text, false]);
    expect(new ServerKey(readFileSync(join(dataDir, "secret.key"))).unseal(sealed, "second factor of admin")).toBe(
      secret,
    );
    expect(
      new ServerKey(readFileSync(join(dataDir, "secret.key"))).unseal(sealed, "second factor of maria"),
    ).toBeNull();
    expect(new ServerKey(Buffer.alloc(32, 7)).unseal(sealed, "second factor of admin")).toBeNull();
    expect(new ServerKey(Buffer.alloc(32, 7)).unseal("v1.x.y", "second factor of admin")).toBeNull();
  });

  test("[C22] where nodes have their key in the store, no secret is stored beside it", async () => {
    const fleet = await started();
    const factors = new SecondFactors({ ...fleet.parts, key: new ServerKey(Buffer.alloc(32, 7), false) });

    expect(() => factors.draw("admin", "fleet.example")).toThrow("lies in their store");
  });
});

describe("codes", () => {
  const RFC_6238: readonly (readonly [seconds: number, code: string])[] = [
    [59, "287082"],
    [1_111_111_109, "081804"],
    [1_111_111_111, "050471"],
    [1_234_567_890, "005924"],
    [2_000_000_000, "279037"],
    [20_000_000_000, "353130"],
  ];

  test("[C22] are those of RFC 6238, appendix B", async () => {
    const fleet = await started();
    const sealed = fleet.parts.secondFactors.seal("admin", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    await fleet.parts.transactions.transact((work) => beginEnrolment(work, "admin", sealed));

    for (const [seconds, code] of RFC_6238) {
      now = seconds * 1000;
      steady = now;
      const { proof } = fleet.parts.secondFactors.judgeFirst("admin", code);
      expect([seconds, proof]).toEqual([seconds, { kind: "step", sealed, step: Math.floor(seconds / 30) }]);
      expect(codeAt("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", now)).toBe(code);
    }
  });

  test("[C22] count in the step before and after, and not two steps away", async () => {
    const { fleet, secret } = await withFactor();
    now += 20 * STEP_MS;

    const statuses: number[] = [];
    for (const steps of [-2, 2, -1, 1]) {
      steady += 3_600_000;
      statuses.push((await logIn(fleet, PASSWORD, codeAt(secret, now + steps * STEP_MS))).status);
    }

    expect(statuses).toEqual([403, 403, 200, 200]);
  });

  test("[C22] a code counts once, and none of an earlier step counts after it, not even after a restart", async () => {
    const store = memoryStore();
    const dataDir = fleets.directory();
    const { fleet, secret } = await withFactor({ store, dataDir });
    now += 20 * STEP_MS;
    const code = codeAt(secret, now);

    const once = (await logIn(fleet, PASSWORD, code)).status;
    const replayed = await logIn(fleet, PASSWORD, code);
    const earlier = (await logIn(fleet, PASSWORD, codeAt(secret, now - STEP_MS))).status;
    await fleet.close();
    const second = await started({ store, dataDir });
    const afterRestart = (await logIn(second, PASSWORD, code)).status;

    expect([once, replayed.status, earlier, afterRestart]).toEqual([200, 403, 403, 403]);
    expect(replayed.body).toMatchObject({ code: "totp_required", detail: "the code is wrong, or was used before" });
    const metrics = (await send(second.address, "GET", "/metrics")).text;
    expect(metrics).toContain("neverstale_codes_refused 1\n");
    expect(metrics).toContain("neverstale_second_factors 1\n");
  });

  test("[C22] of many who show the same code at once, one comes in", async () => {
    const { fleet, secret, recoveryCodes } = await withFactor({ rateLimits: { codes: { burst: 100, perSecond: 1 } } });
    const [recovery = ""] = recoveryCodes;

    const byCode = await Promise.all(Array.from({ length: 4 }, () => logIn(fleet, PASSWORD, codeAt(secret, now))));
    const byRecovery = await Promise.all(Array.from({ length: 4 }, () => logIn(fleet, PASSWORD, recovery)));

    for (const answers of [byCode, byRecovery])
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 403, 403, 403]);
  });

  test("[C22] [B128] a few are tried at once, then one in two minutes, wherever they come from and whatever they are", async () => {
    const { fleet, secret, recoveryCodes } = await withFactor({
      trustedProxies: ["127.0.0.1"],
      rateLimits: { attempts: { burst: 1_000, perSecond: 1 }, account: { burst: 1_000, perSecond: 1 } },
    });
    const from = (count: number) => ({ "x-forwarded-for": `203.0.113.${count}` });

    const guessed: number[] = [];
    for (let count = 0; count < 6; count += 1)
      guessed.push((await logIn(fleet, PASSWORD, String(100_000 + count), from(count))).status);
    const right = await logIn(fleet, PASSWORD, codeAt(secret, now), from(9));
    const recovery = await logIn(fleet, PASSWORD, recoveryCodes[0], from(10));
    steady += 120_000;
    const later = await logIn(fleet, PASSWORD, codeAt(secret, now), from(11));

    expect(guessed).toEqual([403, 403, 403, 403, 403, 429]);
    expect([right.status, recovery.status, later.status]).toEqual([429, 429, 200]);
    expect(Number(right.headers["retry-after"])).toBeGreaterThan(60);
  });
});

describe("recovery codes", () => {
  test("[C22] work once each, however they are written, and new ones replace them", async () => {
    const { fleet, admin, secret, recoveryCodes } = await withFactor();
    const [first = "", second = "", third = ""] = recoveryCodes;

    const statuses = [
      (await logIn(fleet, PASSWORD, first)).status,
      (await logIn(fleet, PASSWORD, first)).status,
      (await logIn(fleet, PASSWORD, ` ${second.replaceAll("-", "").toLowerCase()} `)).status,
    ];
    const left = (await admin.get("/api/second-factor")).body.recoveryCodes;
    const renewed = await admin.post("/api/second-factor/recovery-codes", { totp: codeAt(secret, now) });
    const [fresh = ""] = renewed.body.recoveryCodes as unknown as string[];

    expect(statuses).toEqual([200, 403, 200]);
    expect([left, renewed.status]).toEqual([8, 200]);
    expect([(await logIn(fleet, PASSWORD, third)).status, (await logIn(fleet, PASSWORD, fresh)).status]).toEqual([
      403, 200,
    ]);
    expect(await actionsSeen(admin)).toEqual(expect.arrayContaining(["recovery_code_used", "recovery_codes_made"]));
  });

  test("[B127] are ten for each second factor, of which there is one for each user", async () => {
    const { fleet, admin, recoveryCodes } = await withFactor();

    expect(new Set(recoveryCodes).size).toBe(10);
    for (const code of recoveryCodes) expect(code).toMatch(/^[A-Z2-7]{4}(-[A-Z2-7]{4}){3}$/);
    expect((await admin.post("/api/second-factor")).status).toBe(400);
    expect(accountsIn(fleet.manager)?.secondFactors.size).toBe(1);
  });
});

describe("to be rid of it", () => {
  test("[C22] it is switched off with the password and a code, and not with one of them", async () => {
    const { fleet, admin, secret } = await withFactor();
    const remove = (body: object) => admin.post("/api/second-factor/remove", body);

    const statuses = [
      (await remove({ totp: codeAt(secret, now) })).status,
      (await remove({ totp: codeAt(secret, now), password: "a wrong password of it" })).status,
      (await remove({ password: PASSWORD })).status,
      (await remove({ totp: "123456", password: PASSWORD })).status,
      (await remove({ totp: codeAt(secret, now), password: PASSWORD })).status,
      (await remove({ totp: codeAt(secret, now), password: PASSWORD })).status,
    ];

    expect(statuses).toEqual([403, 403, 400, 403, 204, 204]);
    expect(accountsIn(fleet.manager)?.failedSignIns.size).toBe(3); // Two wrong passwords and a wrong code.
    expect((await logIn(fleet, PASSWORD)).status).toBe(200);
    expect(await actionsSeen(admin)).toContain("second_factor_removed");
  });

  test("[C22] an admin takes it from another user, and nobody from himself", async () => {
    const { fleet, admin, secret } = await withFactor();
    const link = await admin.post("/api/users", { name: "maria", role: "admin" });
    const body = { token: link.body.token, password: "a password of maria" };
    const maria = browserOf(
      fleet,
      await send(fleet.address, "POST", "/api/invitation", { body, headers: { origin: fleet.address } }),
    );

    const own = await admin.call("DELETE", "/api/users/admin/second-factor");
    const taken = await maria.call("DELETE", "/api/users/admin/second-factor");
    const again = await maria.call("DELETE", "/api/users/admin/second-factor");

    expect([own.status, taken.status, again.status]).toEqual([400, 204, 404]);
    expect(await actionsSeen(maria)).toContain("second_factor_taken");
    expect((await logIn(fleet, PASSWORD)).status).toBe(200);
    expect((await logIn(fleet, PASSWORD, codeAt(secret, now))).status).toBe(200);
  });

  test("[C22] a new link of an admin replaces the password alone: it asks for the code", async () => {
    const { fleet, admin } = await withFactor();
    const invited = await admin.post("/api/users", { name: "maria", role: "viewer" });
    const take = (token: unknown, totp?: string) =>
      send(fleet.address, "POST", "/api/invitation", {
        body: { token, password: "a password of maria", ...(totp !== undefined && { totp }) },
        headers: { origin: fleet.address },
      });
    const maria: Enrolled = await enrolSecondFactor(browserOf(fleet, await take(invited.body.token)), now);
    now += STEP_MS;
    const { token } = (await admin.post("/api/users/maria/reset")).body;

    const without = await take(token);
    const withCode = await take(token, codeAt(maria.secret, now));

    expect([without.status, without.body.code, withCode.status]).toEqual([403, "totp_required", 200]);
  });

  test("it goes with its user, and with the key: then recovery codes are left", async () => {
    const store = memoryStore();
    const { fleet, recoveryCodes } = await withFactor({ store });
    const sealed = fleet.parts.secondFactors.seal("maria", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    const admin = browserOf(fleet, await logIn(fleet, PASSWORD, recoveryCodes[0]));
    await admin.post("/api/users", { name: "maria", role: "viewer" });
    await fleet.parts.transactions.transact((work) => {
      beginEnrolment(work, "maria", sealed);
      confirmEnrolment(work, "maria", { kind: "step", sealed, step: 1 }, []);
    });
    await admin.call("DELETE", "/api/users/maria");
    expect([...(accountsIn(fleet.manager)?.secondFactors.keys() ?? [])]).toEqual(["admin"]);
    await fleet.close();

    const other = await started({ store }); // Its data directory, and so its key, is another one.

    expect((await logIn(other, PASSWORD, "123456")).status).toBe(403);
    expect((await logIn(other, PASSWORD, recoveryCodes[1])).status).toBe(200);
  });
});

test("[C22] while the store takes no changes a code counts once, unless the process has just begun", async () => {
  const store: Store = memoryStore();
  let full = false;
  const commit = store.commit.bind(store);
  store.commit = (group) => {
    if (full) throw new StoreFailure("nothing_moved", "the disk is full");
    commit(group);
  };
  const { fleet, secret, recoveryCodes } = await withFactor({ store });
  full = true;

  const early = (await logIn(fleet, PASSWORD, codeAt(secret, now))).status;
  now += STEP_MS;
  const statuses = [
    (await logIn(fleet, PASSWORD)).status,
    (await logIn(fleet, PASSWORD, recoveryCodes[0])).status,
    (await logIn(fleet, PASSWORD, codeAt(secret, now))).status,
    (await logIn(fleet, PASSWORD, codeAt(secret, now))).status,
  ];
  full = false;
  const stored = (await logIn(fleet, PASSWORD, codeAt(secret, now))).status;

  expect([early, ...statuses, stored]).toEqual([403, 403, 403, 200, 403, 403]);
});
