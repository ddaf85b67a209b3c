import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FleetProcess, SHOUT_YAML } from "../fleet-process-suite.ts";

let fleet: FleetProcess;

beforeAll(async () => {
  fleet = new FleetProcess(SHOUT_YAML);
  await fleet.start();
  await fleet.hostId();
});

afterAll(() => fleet.dispose());

interface Found {
  readonly check: string;
  readonly status: string;
  readonly message: string;
  readonly fix: string | null;
}

async function doctor(...flags: readonly string[]): Promise<{ status: number | null; found: readonly Found[] }> {
  const { status, out } = await fleet.cli("doctor", "--port", new URL(fleet.address).port, "--json", ...flags);
  return {
    status,
    found: out
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line)),
  };
}

test("beside a running server all is well, and nothing is altered", async () => {
  const token = join(fleet.directory, "a.token");
  await fleet.cli("api-tokens", "create", "--label", "a script", "--out", token);

  const { status, found } = await doctor("--token-file", token);
  const lines = await fleet.cli("doctor", "--port", new URL(fleet.address).port);

  expect(found.filter((one) => one.status !== "ok")).toEqual([]);
  expect(found.map(({ check }) => check)).toEqual([
    ...["Node.js", "data directory", "store", "disk space", "secret key", "fleet.yaml", "agent.yaml", "port"],
    ...["server", "readiness", "clock", "WebSocket", "connections", "API token"],
  ]);
  expect([status, lines.status, lines.out]).toEqual([0, 0, expect.stringMatching(/\n13 ok, 0 warn, 0 fail\n$/)]);
});

test("each thing that is wrong is told with what to do, files by their lines, and the end is 1", async () => {
  writeFileSync(join(fleet.agentDir, "agent.yaml"), "ops:\n  shout:\n    argv: []\n");
  writeFileSync(join(fleet.dataDir, "fleet.yaml"), "pipelines:\n  x:\n    stages: []\n");
  chmodSync(fleet.dataDir, 0o750);
  await fleet.killServer();
  writeFileSync(join(fleet.dataDir, "fleet.db"), "no database");

  const { status, found } = await doctor();
  chmodSync(fleet.dataDir, 0o700);

  const failed = found.filter((one) => one.status === "fail");
  expect(status).toBe(1);
  expect(failed.map(({ check }) => check)).toEqual(["data directory", "store", "fleet.yaml", "agent.yaml", "server"]);
  expect(failed.every(({ fix }) => fix !== null)).toBe(true);
  expect(failed[0]?.fix).toBe(`Run: chmod 700 ${fleet.dataDir}`);
  expect(failed[2]?.message).toContain("fleet.yaml: line 3: pipelines.x.stages: ");
  expect(failed[3]?.message).toContain("agent.yaml: line 3: ops.shout.argv: ");
  expect(found).toContainEqual(expect.objectContaining({ check: "port", message: expect.stringContaining("is free") }));
});
