import type { Alert, Fleet } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { alertLook, firingCount, shownAlerts, silencedWords, whatOf } from "./shown-alerts.ts";

function alert(id: string, more: Partial<Alert> = {}): Alert {
  return {
    id,
    rule: "lost",
    kind: "host_offline",
    severity: "warn",
    title: "Lost",
    message: "",
    status: "firing",
    firedAt: "2026-01-01T00:00:00.000Z",
    subjects: {},
    count: 1,
    ...more,
  };
}

function fleetWith(...alerts: Alert[]): Fleet {
  const none = new Map();
  return {
    hosts: none,
    commands: none,
    pipelines: none,
    events: none,
    metrics: none,
    silences: none,
    groups: none,
    scheduleRules: none,
    schedules: none,
    opRules: none,
    pipelineRules: none,
    alertRules: none,
    catalogueFiles: none,
    backups: none,
    sharedTags: none,
    shares: none,
    alerts: new Map(alerts.map((one) => [one.id, one])),
  };
}

test("what fires stands first, the worst of it before the rest, and the newest before the older", () => {
  const fleet = fleetWith(
    alert("over", { status: "resolved" }),
    alert("seen", { status: "acknowledged", severity: "critical" }),
    alert("old"),
    alert("new", { firedAt: "2026-01-02T00:00:00.000Z" }),
    alert("worst", { severity: "critical" }),
  );

  expect(shownAlerts(fleet)).toEqual(["worst", "new", "old", "seen", "over"]);
  expect(firingCount(fleet)).toBe(3);
  expect(firingCount(fleetWith(alert("over", { status: "resolved" })))).toBeNull();
});

test("an alert looks as it stands, and as bad as it is", () => {
  expect(alertLook(alert("a")).word).toBe("Warning");
  expect(alertLook(alert("a", { severity: "critical" })).word).toBe("Critical");
  expect(alertLook(alert("a", { status: "acknowledged" })).word).toBe("Acknowledged");
  expect(alertLook(alert("a", { status: "resolved", severity: "critical" })).word).toBe("Resolved");
});

test("an alert that is open is told without the names, which stand below", () => {
  const message = "2 hosts offline: web-1, web-2";
  expect(whatOf(alert("a", { message }))).toBe("2 hosts offline");
  expect(whatOf(alert("a", { message, status: "resolved" }))).toBe(message);
});

test("the hosts of a silence are named, by their ids and tags", () => {
  const silence = { id: "s", from: "", until: "", reason: "", by: "" };
  expect(silencedWords(silence)).toBe("All hosts");
  expect(silencedWords({ ...silence, hosts: ["a"], tags: ["rack-4"] })).toBe("a, tag rack-4");
  expect(silencedWords({ ...silence, hosts: ["a", "b", "c", "d", "e", "f", "g"] })).toBe("a, b, c, d, e and 2 more");
});
