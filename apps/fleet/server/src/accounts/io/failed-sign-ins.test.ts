import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { memoryStore } from "@neverstale/server";
import { pino } from "pino";
import { afterAll, expect, test } from "vitest";
import { Fleets, send, signInCheaply } from "../../fleet/fleet-suite.ts";
import { accountsIn } from "../../fleet/state.ts";
import { round } from "../../process/io/rounds.ts";
import type { RunningFleet } from "../../process/io/start.ts";
import { addFailedSignIn, KEPT_FAILED_SIGN_INS } from "../failed-sign-ins.ts";
import { codeAt, enrolSecondFactor, logIn } from "./second-factor-suite.ts";

const fleets = new Fleets();
afterAll(() => fleets.end());

const PASSWORD = "a password of the admin";
const FILE = `
alerts:
  guesses: { when: sign_ins_failed, more_than: 3, within: 10m, severity: critical, title: Somebody guesses }
`;

function alertsOf(fleet: RunningFleet) {
  return [...fleet.manager.state.alerts.values()].map(({ status, message, subjects }) => [
    status,
    message,
    Object.keys(subjects),
  ]);
}

test("more failures than a rule allows are one alert with one event, after a restart too, which is resolved when none follow", async () => {
  const [dataDir, store] = [fleets.directory(), memoryStore()];
  writeFileSync(join(dataDir, "fleet.yaml"), FILE);
  let now = Date.parse("2026-03-01T12:00:10Z");
  const lines: string[] = [];
  const log = pino({ base: null }, { write: (line: string) => void lines.push(line) });
  const settings = { dataDir, store, log, trustedProxies: ["127.0.0.1"], now: () => now, steadyNow: () => now };
  const first = await fleets.start(settings);
  const admin = await signInCheaply(first, PASSWORD);
  const { secret } = await enrolSecondFactor(admin, now);
  const from = (count: number) => ({ "x-forwarded-for": `203.0.113.${count}` });

  await logIn(first, "a wrong password of it", undefined, from(1));
  await send(first.address, "POST", "/api/login", {
    body: { username: "nobody-has-this-name", password: PASSWORD },
    headers: { origin: first.address, ...from(2) },
  });
  await logIn(first, PASSWORD, undefined, from(1)); // That a code is missing is no failure.
  await logIn(first, PASSWORD, "000000", from(1));
  await round(first.parts, false);
  expect(alertsOf(first)).toEqual([]);
  await first.close();

  const second = await fleets.start(settings);
  now += 60_000;
  expect((await logIn(second, PASSWORD, codeAt(secret, now - 60_000), from(1))).status).toBe(403); // It confirmed the enrolment.
  await round(second.parts, false);
  await round(second.parts, false);
  expect(alertsOf(second)).toEqual([["firing", "4 sign-ins failed within 10 min, from 2 addresses", ["sign-ins"]]]);
  const fired = [...second.manager.state.events.values()].filter(({ action }) => action === "alert_fired");
  expect(fired).toMatchObject([
    { level: "error", message: "Somebody guesses: 4 sign-ins failed within 10 min, from 2 addresses" },
  ]);
  expect(fired[0]).not.toHaveProperty("host");
  expect((await logIn(second, PASSWORD, codeAt(secret, now), from(1))).status).toBe(200);

  now += 9 * 60_000;
  await round(second.parts, false);
  expect(alertsOf(second)).toEqual([["resolved", "4 sign-ins failed within 10 min, from 2 addresses", []]]);
  expect(lines.filter((line) => line.includes("a sign-in failed"))).toHaveLength(2);
  expect(lines.filter((line) => line.includes("a code was refused"))).toHaveLength(2);
  expect(lines.join("")).not.toContain(PASSWORD);
  expect((await send(second.address, "GET", "/metrics")).text).toContain("neverstale_failed_sign_ins 4\n");
});

test("[B129] so many failures are kept, the newest, and none for more than a day", async () => {
  let now = Date.parse("2026-03-01T12:00:10Z");
  const fleet = await fleets.start({ now: () => now, steadyNow: () => now });
  const fail = (address: string) => fleet.parts.transactions.transact((work) => addFailedSignIn(work, address));
  const kept = () => [...(accountsIn(fleet.manager)?.failedSignIns.values() ?? [])];

  await fail("198.51.100.1");
  now += 1_000;
  await fleet.parts.transactions.transact((work) => {
    for (let count = 0; count < KEPT_FAILED_SIGN_INS; count += 1) addFailedSignIn(work, "203.0.113.7");
  });
  expect([kept().length, kept().some(({ address }) => address === "198.51.100.1")]).toEqual([
    KEPT_FAILED_SIGN_INS,
    false,
  ]);
  now += 24 * 3_600_000;
  await round(fleet.parts, true);

  expect(kept()).toEqual([]);
});
