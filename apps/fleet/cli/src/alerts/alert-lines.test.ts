import type { Alert } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { alertLines, alertsAskedFor, silenceLines } from "./alert-lines.ts";

const AT = "2026-01-01T00:00:00.000Z";

function alert(id: string, rest: Partial<Alert> = {}): Alert {
  const said = { title: "Disk full", message: "disk is above 90" } as const;
  const rule = { rule: "disk", kind: "metric", severity: "warn", ...said } as const;
  return { id, ...rule, status: "firing", firedAt: AT, subjects: {}, count: 1, ...rest };
}

test("[C36] alerts stand in a table, and what one is about stands below it, in words that command no terminal", () => {
  const subjects = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`h${n}`, AT]));
  const hosts = new Map([["h0", { id: "h0", name: "Shop" }]]);
  const seen = alert("a2", { status: "acknowledged", acknowledgedBy: "ada", title: "Disk\u001b[2J full", subjects });

  expect(alertLines([alert("a1"), seen], hosts)).toEqual([
    "ID  FIRED                     STATUS        SEVERITY  SEEN BY  TITLE",
    "a1  2026-01-01T00:00:00.000Z  firing        warn               Disk full",
    "  disk is above 90",
    "a2  2026-01-01T00:00:00.000Z  acknowledged  warn      ada      Disk full",
    "  disk is above 90: Shop, h1, h2, h3, h4, h5, h6, h7, h8, h9, and 2 more",
  ]);
});

test("open alerts are those that somebody may still look after, the newest first", () => {
  const resolved = alert("a3", { status: "resolved" });
  const alerts = [alert("a1"), alert("a2", { status: "acknowledged", firedAt: "2026-01-02T00:00:00.000Z" }), resolved];
  const ids = (filter: Parameters<typeof alertsAskedFor>[1]) => alertsAskedFor(alerts, filter).map(({ id }) => id);

  expect(ids("open")).toEqual(["a2", "a1"]);
  expect(ids("firing")).toEqual(["a1"]);
  expect(ids("resolved")).toEqual(["a3"]);
  expect(ids("all")).toHaveLength(3);
});

test("a silence says for whom it is, and all where it names nobody", () => {
  const silence = { id: "s1", from: AT, until: AT, by: "ada", reason: "new switch" };

  expect(silenceLines([silence, { ...silence, tags: ["rack-4"], hosts: ["h1"] }])).toEqual([
    "ID  FROM                      UNTIL                     BY   HOSTS AND TAGS  REASON",
    "s1  2026-01-01T00:00:00.000Z  2026-01-01T00:00:00.000Z  ada  all             new switch",
    "s1  2026-01-01T00:00:00.000Z  2026-01-01T00:00:00.000Z  ada  h1,rack-4       new switch",
  ]);
});
