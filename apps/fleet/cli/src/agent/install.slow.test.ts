import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FleetProcess, SHOUT_YAML } from "../fleet-process-suite.ts";
import { SystemdBelow } from "./systemd-suite.ts";

const LIMIT_MS = 120_000;

let fleet: FleetProcess;
let system: SystemdBelow;
let command: string;

beforeAll(async () => {
  fleet = new FleetProcess(SHOUT_YAML);
  await fleet.start();
  system = new SystemdBelow(join(fleet.directory, "host"));
  command = (await fleet.cli("token", "create", "--tag", "installed", "--uses", "2")).out.trim();
}, LIMIT_MS);

afterAll(() => fleet.dispose());

/** Runs the copied command on a host whose system lies below the folder, with more flags. */
function setUp(...flags: readonly string[]) {
  const path = `PATH="${system.programs}:$PATH"`;
  return fleet.shell(`${path}; ${command.replace(/\)$/, ` ${flags.join(" ")})`)}`);
}

function agent(...args: readonly string[]) {
  return fleet.shell(
    `PATH="${system.programs}:$PATH"; ${system.root}/usr/local/bin/neverstale-agent ${args.join(" ")} --root ${system.root}`,
  );
}

async function installedHosts() {
  return ((await fleet.state()).hosts ?? []).filter((host) => String(host.tags) === "installed");
}

test("the copied command installs a service, enrols, starts it, and says where the host's page is", {
  timeout: LIMIT_MS,
}, async () => {
  const { status, err } = await setUp("--root", system.root);

  const [host] = await installedHosts();
  expect({ status, err }).toEqual({ status: 0, err: expect.stringContaining(`${fleet.address}/hosts/${host?.id}`) });
  expect(host).toMatchObject({ online: true });
  expect(system.calls).toBe("daemon-reload\nenable neverstale-agent.service\nrestart neverstale-agent.service\n");
  expect(system.unit).toContain(
    "ExecStart=/opt/neverstale-agent/current/node /opt/neverstale-agent/current/neverstale/",
  );
  expect(system.unit).not.toContain(system.root);
});

test("[C46] only the agent's user can read its credential, and all can read its program", () => {
  const modeOf = (path: string) => statSync(join(system.root, path)).mode & 0o777;

  expect(modeOf("var/lib/neverstale-agent")).toBe(0o700);
  expect(modeOf("var/lib/neverstale-agent/credential.json")).toBe(0o600);
  expect(modeOf("opt/neverstale-agent/current")).toBe(0o755);
  expect(modeOf("opt/neverstale-agent/current/neverstale/fleet/agent/dist/main.js")).toBe(0o644);
  expect(modeOf("etc/neverstale-agent/agent.yaml") & 0o022).toBe(0);
});

test("installing again keeps the host, its credential and what its admin wrote", { timeout: LIMIT_MS }, async () => {
  const [before] = await installedHosts();
  const agentYaml = readFileSync(join(system.root, "etc/neverstale-agent/agent.yaml"), "utf8");

  const { status, err } = await setUp("--root", system.root);

  expect({ status, err }).toEqual({ status: 0, err: expect.stringContaining("stays the same host") });
  expect((await installedHosts()).map(({ id }) => id)).toEqual([before?.id]);
  expect(readFileSync(join(system.root, "etc/neverstale-agent/agent.yaml"), "utf8")).toBe(agentYaml);
});

test("[C53] a package with another hash than the one that was given is not installed", {
  timeout: LIMIT_MS,
}, async () => {
  const current = () => statSync(join(system.root, "opt/neverstale-agent/current")).ino;
  const before = current();

  const server = ["--server", fleet.address, "--enroll-token", "none-is-needed-here"];
  const wrong = await agent("install", ...server, "--sha256", "0".repeat(64));
  const without = await agent("install", ...server);

  expect(wrong).toMatchObject({ status: 2, err: expect.stringContaining("Nothing was installed") });
  expect(without).toMatchObject({ status: 2, err: expect.stringContaining("--sha256") });
  expect(current()).toBe(before);
});

test("uninstalling ends it and takes it away; what the admin wrote goes only when it is purged", {
  timeout: LIMIT_MS,
}, async () => {
  const kept = ["var/lib/neverstale-agent/credential.json", "etc/neverstale-agent/agent.yaml"];
  const program = [
    "opt/neverstale-agent",
    "etc/systemd/system/neverstale-agent.service",
    "usr/local/bin/neverstale-agent",
  ];
  const there = (paths: readonly string[]) => paths.filter((path) => existsSync(join(system.root, path)));

  const gone = await agent("uninstall");
  const left = there([...kept, ...program]);
  await setUp("--root", system.root);
  const again = await installedHosts();
  const purged = await agent("uninstall", "--purge");

  expect(gone).toMatchObject({ status: 0, err: expect.stringContaining("are kept") });
  expect(left).toEqual(kept);
  expect(again).toHaveLength(1);
  expect(purged.status).toBe(0);
  expect(there([...kept, ...program])).toEqual([]);
  expect(system.calls).toContain("disable --now neverstale-agent.service\n");
});
