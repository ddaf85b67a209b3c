import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sqliteStore } from "@neverstale/store-sqlite";
import { afterAll, expect, test } from "vitest";
import { Fleets, onlineHost, send, signIn } from "../../fleet/fleet-suite.ts";
import { restoreFleet } from "../../process/io/backup.ts";
import { databaseIn } from "../../process/io/data-directory.ts";
import { round } from "../../process/io/rounds.ts";
import type { RunningFleet } from "../../process/io/start.ts";
import { keptBackups } from "../schedule.ts";

const fleets = new Fleets();
afterAll(() => fleets.end());

const MINUTE_MS = 60_000;
let now = Date.parse("2026-03-01T12:00:00.000Z");

async function startOn(dataDir: string, directory: string, keep = 2): Promise<RunningFleet> {
  const backups = { directory, everyMs: MINUTE_MS, keep };
  return await fleets.start({ dataDir, store: sqliteStore(databaseIn(dataDir)), backups, now: () => now });
}

function backupsIn(directory: string): string[] {
  return keptBackups(readdirSync(directory), now).map(({ name }) => name);
}

function messages(fleet: RunningFleet, action: string): string[] {
  const events = [...fleet.manager.state.events.values()];
  return events.filter((event) => event.action === action).map(({ message }) => message);
}

async function metric(fleet: RunningFleet, name: string): Promise<number> {
  const { text } = await send(fleet.address, "GET", "/metrics");
  return Number(new RegExp(`^neverstale_${name} (\\S+)$`, "m").exec(text)?.[1]);
}

test("[B151] the newest backups are kept, private and whole, and the oldest goes once a newer one is there", async () => {
  const directory = join(fleets.directory(), "backups");
  const fleet = await startOn(fleets.directory(), directory);
  await expect.poll(() => messages(fleet, "backup_made")).toHaveLength(1);
  const [first = ""] = backupsIn(directory);
  writeFileSync(join(directory, `${first}.unfinished`), "of a process that was killed");

  for (const count of [2, 3]) {
    now += MINUTE_MS;
    await expect.poll(() => messages(fleet, "backup_made")).toHaveLength(count);
  }

  const kept = backupsIn(directory);
  expect(readdirSync(directory).toSorted()).toEqual(["backups.lock", ...kept.toSorted()]);
  expect([kept.length, kept.includes(first)]).toEqual([2, false]);
  for (const name of kept) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect([...fleet.manager.state.backups.values()]).toMatchObject([
    { everyMs: MINUTE_MS, madeAt: new Date(now).toISOString() },
  ]);
  expect(messages(fleet, "backup_made").at(-1)).toMatch(/^a backup was made: fleet-\S+\.db, \d+\.\d MiB; 2 are kept$/);
  now += 10_000;
  expect(await metric(fleet, "backup_age_seconds")).toBe(10);
  expect([await metric(fleet, "backups_kept"), await metric(fleet, "limit_backups_kept")]).toEqual([2, 2]);
});

test("a restart goes on with the schedule, and a backup is put in the place of the data", async () => {
  const directory = join(fleets.directory(), "backups");
  const dataDir = fleets.directory();
  const before = await startOn(dataDir, directory);
  const admin = await signIn(before);
  await onlineHost(admin, "web-1");
  now += MINUTE_MS;
  await expect.poll(() => messages(before, "backup_made")).not.toHaveLength(0);
  await expect.poll(() => [...before.manager.state.backups.values()][0]?.madeAt).toBe(new Date(now).toISOString());
  const [newest = ""] = backupsIn(directory);
  await onlineHost(admin, "web-2");
  await before.close();

  const elsewhere = fleets.directory();
  restoreFleet(elsewhere, join(directory, newest));
  const restored = await startOn(elsewhere, join(fleets.directory(), "backups"));
  now += 1_000;
  const again = await startOn(dataDir, directory);
  await expect.poll(() => metric(again, "backups_kept")).toBe(backupsIn(directory).length); // It has looked.

  expect([...restored.manager.state.hosts.keys()]).toEqual(["web-1"]);
  expect([...again.manager.state.hosts.keys()]).toEqual(["web-1", "web-2"]);
  expect(backupsIn(directory)[0]).toBe(newest);
});

test("a failure is an event and an alert, and both end with the next backup that is made", async () => {
  const directory = join(fleets.directory(), "backups");
  writeFileSync(directory, "a file where the directory should be");
  const fleet = await startOn(fleets.directory(), directory);
  const alerts = () => [...fleet.manager.state.alerts.values()].map(({ rule, status }) => `${rule} ${status}`);
  await expect.poll(() => messages(fleet, "backup_failed")).toHaveLength(1);

  await round(fleet.parts, false);
  const fired = alerts();
  now += MINUTE_MS;
  await expect.poll(() => metric(fleet, "backup_failures_total")).toBe(2);
  rmSync(directory);
  mkdirSync(directory, { mode: 0o700 });
  now += 2 * MINUTE_MS;
  await expect.poll(() => messages(fleet, "backup_made")).toHaveLength(1);
  await round(fleet.parts, false);

  expect(fired).toEqual(["backup-failed firing"]);
  expect(messages(fleet, "alert_fired")[0]).toMatch(/^No backup was made: no backup can be made: .*EEXIST|ENOTDIR/);
  expect(messages(fleet, "backup_failed")).toHaveLength(1); // It goes on, and is told once.
  expect(alerts()).toEqual(["backup-failed resolved"]);
  expect([...fleet.manager.state.backups.values()][0]).not.toHaveProperty("problem");
});

test("two servers never keep their backups in one directory, and a shared database is not backed up so", async () => {
  const directory = join(fleets.directory(), "backups");
  const first = await startOn(fleets.directory(), directory);
  await expect.poll(() => messages(first, "backup_made")).toHaveLength(1);

  const second = await startOn(fleets.directory(), directory);
  await expect.poll(() => messages(second, "backup_failed")).toHaveLength(1);

  expect(messages(second, "backup_failed")[0]).toContain("keeps its backups in");
  expect(backupsIn(directory)).toHaveLength(1);
  const shared = {
    storeUrl: "postgres://nobody@127.0.0.1:9/none",
    backups: { directory, everyMs: MINUTE_MS, keep: 1 },
  };
  await expect(fleets.start(shared)).rejects.toThrow("backups of a database of its own only");
});

test("a server that is asked for no backups any more says nothing of them", async () => {
  const dataDir = fleets.directory();
  const before = await startOn(dataDir, join(fleets.directory(), "backups"));
  await expect.poll(() => before.manager.state.backups.size).toBe(1);
  await before.close();

  const after = await fleets.start({ dataDir, store: sqliteStore(databaseIn(dataDir)) });

  await expect.poll(() => after.manager.state.backups.size).toBe(0);
});
