import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { AgentPackage } from "@neverstale/fleet-domain";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, FleetProcess, SHOUT_YAML } from "../fleet-process-suite.ts";
import { SystemdBelow } from "./systemd-suite.ts";

const LIMIT_MS = 120_000;

let fleet: FleetProcess;
let system: SystemdBelow;
let command: string;

beforeAll(async () => {
  fleet = new FleetProcess(SHOUT_YAML);
  await fleet.start();
  system = new SystemdBelow(join(fleet.directory, "host"));
  command = await newCommand();
}, LIMIT_MS);

afterAll(() => fleet.dispose());

async function newCommand(): Promise<string> {
  return (await fleet.cli("token", "create", "--tag", "installed")).out.trim();
}

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

test("[C54] an upgrade takes what the server has only when a person names its hash", {
  timeout: LIMIT_MS,
}, async () => {
  const [host] = await installedHosts();
  const unchanged = await agent("upgrade");
  await anotherPackage();
  const { sha256 } = AgentPackage.parse(await (await fleet.session()).getJson("/api/agent-package"));
  const current = () => readlinkSync(join(system.root, "opt/neverstale-agent/current"));
  const before = current();

  const asked = await agent("upgrade");
  const wrong = await agent("upgrade", "--sha256", "0".repeat(64));
  const untouched = current();
  const upgraded = await agent("upgrade", "--sha256", sha256);

  expect(unchanged).toMatchObject({
    status: 0,
    err: expect.stringContaining("has the agent that the server hands out"),
  });
  expect(asked).toMatchObject({ status: 1, err: expect.stringContaining(`with the sha256 ${sha256}`) });
  expect(wrong).toMatchObject({ status: 2, err: expect.stringContaining("Nothing was changed") });
  expect(untouched).toBe(before);
  expect(upgraded).toMatchObject({ status: 0, err: expect.stringContaining("and reports") });
  expect(current()).toBe(`versions/0.1.0-${sha256.slice(0, 12)}`);
  expect(system.calls.trim().split("\n").at(-1)).toBe("restart neverstale-agent.service");
  expect((await installedHosts()).map(({ id, online }) => [id, online])).toEqual([[host?.id, true]]);
});

test("an agent that starts and does not report is taken back, and the one from before runs again", {
  timeout: LIMIT_MS,
}, async () => {
  const current = () => readlinkSync(join(system.root, "opt/neverstale-agent/current"));
  const before = current();
  const broken = await packageThatNeverReports();
  const served = createServer((_, response) => response.end(broken)).listen(0, "127.0.0.1");
  await once(served, "listening");
  pointTo(`http://127.0.0.1:${(served.address() as AddressInfo).port}/`);

  const sha256 = createHash("sha256").update(broken).digest("hex");
  const { status, err } = await agent("upgrade", "--sha256", sha256, "--wait", "2s");
  served.close();
  pointTo(`${fleet.address}/`);

  expect({ status, err }).toEqual({ status: 1, err: expect.stringContaining("the agent from before runs again") });
  expect(current()).toBe(before);
  expect((await installedHosts()).map(({ online }) => online)).toEqual([true]);
});

/** A server that has one more Node.js to hand out has another package: the hash of that Node.js is in it. */
async function anotherPackage(): Promise<void> {
  await fleet.killServer();
  mkdirSync(join(fleet.dataDir, "agent-nodes"));
  writeFileSync(join(fleet.dataDir, "agent-nodes/darwin-x64"), "stands for a Node.js");
  await fleet.start();
  command = await newCommand();
  await eventually(async () => (await installedHosts())[0]?.online === true);
}

/** It tells its version, and ends at once when it is to run. */
async function packageThatNeverReports(): Promise<Buffer> {
  const folder = join(fleet.directory, "broken");
  mkdirSync(folder);
  writeFileSync(
    join(folder, "a.tgz"),
    Buffer.from(await (await fetch(`${fleet.address}/agent/neverstale.tgz`)).arrayBuffer()),
  );
  execFileSync("tar", ["-xzf", "a.tgz"], { cwd: folder });
  const main = `if (process.argv.includes("--version")) console.log("9.9.9"); else process.exit(1);`;
  writeFileSync(join(folder, "neverstale/fleet/agent/dist/main.js"), main);
  return execFileSync("tar", ["-czf", "-", "neverstale"], { cwd: folder, maxBuffer: 64 * 1024 ** 2 });
}

/** The upgrade asks this server, and the service goes on with the one that it was installed for. */
function pointTo(server: string): void {
  const path = join(system.root, "etc/neverstale-agent/installed.json");
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), server }));
}

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
