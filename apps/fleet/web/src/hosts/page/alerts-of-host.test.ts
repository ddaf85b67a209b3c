import type { Alert } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { alertsOf } from "./alerts-of-host.ts";
import { shownFileSystems } from "./shown-file-systems.ts";

function alert(id: string, status: Alert["status"], minute: number, hosts: readonly string[]): Alert {
  const firedAt = `2026-03-01T12:${String(minute).padStart(2, "0")}:00.000Z`;
  const words = { rule: "lost", kind: "host_offline", severity: "warn", title: "Lost", message: "Lost" } as const;
  return {
    id,
    ...words,
    status,
    firedAt,
    subjects: Object.fromEntries(hosts.map((host) => [host, firedAt])),
    count: 1,
  };
}

test("a host has the alerts that are about it, those that hold still before those that are over, the newest first", () => {
  const alerts = [
    alert("old", "firing", 1, ["web-1", "db-1"]),
    alert("over", "resolved", 9, ["web-1"]),
    alert("new", "acknowledged", 5, ["web-1"]),
    alert("another", "firing", 7, ["db-1"]),
  ];
  const fleet = { alerts: new Map(alerts.map((one) => [one.id, one])) };

  expect(alertsOf(fleet, "web-1").map(({ id }) => id)).toEqual(["new", "old", "over"]);
  expect(alertsOf(fleet, "constructor")).toEqual([]);
});

test("file systems come with the fullest first, and an agent that names none has its fullest", () => {
  const told = [
    { path: "/", used: 20 },
    { path: "/srv", used: 90 },
  ];

  expect(shownFileSystems(told, 90).map(({ path }) => path)).toEqual(["/srv", "/"]);
  expect(shownFileSystems(undefined, 55)).toEqual([{ path: "the fullest one", used: 55 }]);
  expect(shownFileSystems([], undefined)).toEqual([]);
});
