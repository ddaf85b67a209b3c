import type { Host } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { hasProblem, hostLines } from "./host-lines.ts";

const AT = "2026-01-01T00:00:00.000Z";

function host(id: string, rest: Partial<Host> = {}): Host {
  return {
    id,
    hostname: id,
    os: "Linux 6.1",
    arch: "x64",
    agentVersion: "1.0.0",
    tags: [],
    online: true,
    checks: { "agent-file": { status: "ok", message: "/etc/agent.yaml", checkedAt: AT } },
    ops: [],
    enrolledAt: AT,
    ...rest,
  };
}

test("hosts stand in a table, and what is wrong with one stands below it", () => {
  const message = "/etc/agent.yaml: line 3: ops.a.argv: expected";
  const wrong = host("web-10", {
    name: "Shop",
    online: false,
    tags: ["prod", "team:web"],
    checks: { "agent-file": { status: "error", message, checkedAt: AT } },
  });
  const hosts = [host("web-1", { runningCommand: "c1" }), wrong];

  expect(hostLines(hosts)).toEqual([
    "HOST   STATUS   AGENT  SYSTEM         TAGS",
    "web-1  busy     1.0.0  Linux 6.1 x64",
    "Shop   offline  1.0.0  Linux 6.1 x64  prod,team:web",
    `  agent-file: error: ${message}`,
  ]);
  expect(hosts.map(hasProblem)).toEqual([false, true]);
});

test("[C36] a host commands no terminal by what it says of itself", () => {
  const [, line] = hostLines([host("web-1", { os: "\u001b[2JLinux\n\u202e6.1" })]);

  expect(line).toBe("web-1  online  1.0.0  Linux 6.1 x64");
});
