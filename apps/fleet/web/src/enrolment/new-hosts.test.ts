import type { Host } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { hostsSince } from "./new-hosts.ts";

function host(id: string, enrolledAt: string): Host {
  const facts = { hostname: id, os: "Linux", arch: "x64", agentVersion: "1.0.0" };
  return { id, ...facts, tags: [], online: true, checks: {}, ops: [], enrolledAt };
}

test("hosts that have come since then are named, the newest before the others, and not more than asked for", () => {
  const hosts = [
    host("before", "2026-03-01T11:59:59.999Z"),
    host("first", "2026-03-01T12:00:00.000Z"),
    host("second", "2026-03-01T12:00:05.000Z"),
  ];
  const fleet = { hosts: new Map(hosts.map((each) => [each.id, each])) };

  expect(hostsSince(fleet, "2026-03-01T12:00:00.000Z").map(({ id }) => id)).toEqual(["second", "first"]);
  expect(hostsSince(fleet, "2026-03-01T12:00:00.000Z", 1).map(({ id }) => id)).toEqual(["second"]);
});
