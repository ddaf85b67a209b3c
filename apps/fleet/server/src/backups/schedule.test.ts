import { expect, test } from "vitest";
import { backupName, isBackupDue, keptBackups, roomProblem, unfinishedBackups } from "./schedule.ts";

const NOW = Date.parse("2026-03-01T12:00:00.000Z");
const HOUR_MS = 3_600_000;
const NONE = { count: 0, at: 0 };

test("backups are known by their names, the newest first, and what else lies there is left alone", () => {
  const names = [NOW, NOW + HOUR_MS, NOW + 1].map(backupName);

  const kept = keptBackups(
    ["backups.lock", "my own.db", ...names, `${names[0]}.unfinished`, "fleet-no-time.db"],
    NOW + HOUR_MS,
  );

  expect(names[0]).toBe("fleet-2026-03-01T12-00-00-000Z.db");
  expect(kept.map(({ at }) => at - NOW)).toEqual([HOUR_MS, 1, 0]);
});

test("only what a killed process left of a backup is cleared away", () => {
  const name = backupName(NOW);

  expect(unfinishedBackups([name, `${name}.unfinished`, `${name}.unfinished-journal`, "notes.unfinished"])).toEqual([
    `${name}.unfinished`,
    `${name}.unfinished-journal`,
  ]);
});

test("one is due when the newest is old enough, also when the clock was set back, and at once where there is none", () => {
  const newest = { name: "", at: NOW };

  expect(isBackupDue(undefined, NONE, HOUR_MS, NOW)).toBe(true);
  expect(isBackupDue(newest, NONE, HOUR_MS, NOW + HOUR_MS - 1)).toBe(false);
  expect(isBackupDue(newest, NONE, HOUR_MS, NOW + HOUR_MS)).toBe(true);
  expect(isBackupDue(newest, NONE, HOUR_MS, NOW - 2 * HOUR_MS)).toBe(true);
});

test("after the clock was set back by much one backup is made, which is the newest from then on and is kept", () => {
  const ahead = [NOW + 48 * HOUR_MS, NOW + 47 * HOUR_MS].map(backupName);
  expect(isBackupDue(keptBackups(ahead, NOW)[0], NONE, HOUR_MS, NOW)).toBe(true);

  const kept = keptBackups([...ahead, backupName(NOW)], NOW);

  expect(kept.map(({ at }) => (at - NOW) / HOUR_MS)).toEqual([0, 48, 47]);
  expect(isBackupDue(kept[0], NONE, HOUR_MS, NOW + 1_000)).toBe(false);
});

test("what failed is tried again later and later, at least once an hour", () => {
  const isDue = (count: number, afterMs: number) =>
    isBackupDue(undefined, { count, at: NOW }, 24 * HOUR_MS, NOW + afterMs);

  expect([isDue(1, 59_999), isDue(1, 60_000)]).toEqual([false, true]);
  expect([isDue(3, 239_999), isDue(3, 240_000)]).toEqual([false, true]);
  expect([isDue(50, HOUR_MS - 1), isDue(50, HOUR_MS)]).toEqual([false, true]);
});

test("no backup is made where it would leave no room", () => {
  expect(roomProblem(200 * 1024 ** 2, 100 * 1024 ** 2)).toBeNull();
  expect(roomProblem(100 * 1024 ** 2, 100 * 1024 ** 2)).toBe("100.0 MiB are free there, and 164.0 are needed");
});
