import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { createGunzip } from "node:zlib";
import { AgentPackage } from "@neverstale/fleet-domain";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Browser, Fleets, send, signIn } from "../../fleet/fleet-suite.ts";
import type { RunningFleet } from "../../process/io/start.ts";
import { Handout } from "./handout.ts";

const fleets = new Fleets();
const HERE = `${process.platform}-${process.arch}`;
/** It stands for a Node.js of 120 MB. */
const NODE = `#!/bin/sh\nexec "${process.execPath}" "$@"\n`;
let fleet: RunningFleet;
let browser: Browser;

beforeAll(async () => {
  const dataDir = fleets.directory();
  mkdirSync(join(dataDir, "agent-nodes"));
  writeFileSync(join(dataDir, "agent-nodes", HERE), NODE);
  writeFileSync(join(dataDir, "agent-nodes", "notes.txt"), "these are for the old machines");
  fleet = await fleets.start({ dataDir });
  browser = await signIn(fleet);
});

afterAll(() => fleets.end());

async function fetched(path: string): Promise<Buffer> {
  const answer = await fetch(`${fleet.address}${path}`);
  expect([path, answer.status]).toEqual([path, 200]);
  return Buffer.from(await answer.arrayBuffer());
}

async function unpacked(): Promise<string> {
  const folder = fleets.directory();
  writeFileSync(join(folder, "neverstale.tgz"), await fetched("/agent/neverstale.tgz"));
  execFileSync("tar", ["-xzf", "neverstale.tgz"], { cwd: folder });
  return join(folder, "neverstale");
}

test("[C53] a machine fetches the agent without a token, and it has the hash that a person is shown", async () => {
  const about = AgentPackage.parse((await browser.get("/api/agent-package")).body);
  const content = await fetched("/agent/neverstale.tgz");
  const again = await send(fleet.address, "GET", "/agent/neverstale.tgz", {
    headers: { "if-none-match": `"${about.sha256}"` },
  });

  expect(createHash("sha256").update(content).digest("hex")).toBe(about.sha256);
  expect(about).toMatchObject({ bytes: content.length, nodes: [HERE] });
  expect([again.status, again.text, again.headers.etag]).toEqual([304, "", `"${about.sha256}"`]);
});

test("[C53] the hash covers all that is handed out, and the same installation makes the same package each time", async () => {
  const { sha256 } = AgentPackage.parse((await browser.get("/api/agent-package")).body);
  const hashOf = async (node: string) => {
    const dataDir = fleets.directory();
    mkdirSync(join(dataDir, "agent-nodes"));
    writeFileSync(join(dataDir, "agent-nodes", HERE), node);
    return (await new Handout(dataDir).package()).about.sha256;
  };

  const hashes = [await hashOf(NODE), await hashOf(`${NODE}# changed`)];

  expect(hashes).toEqual([sha256, expect.not.stringContaining(sha256)]);
});

test("what is handed out needs nothing else, and runs outside of the workspace", async () => {
  const folder = await unpacked();

  const { stdout } = await promisify(execFile)("sh", [join(folder, "setup.sh"), "--help"]);

  expect(stdout).toContain("neverstale agent: runs on a host");
  expect(existsSync(join(folder, "fleet/agent/dist/commands/io/runner.js"))).toBe(true);
});

test("a machine without Node.js fetches that of the server, and checks it by the package", async () => {
  const folder = await unpacked();
  const tools = toolsWithoutNode();
  const setUp = (args: readonly string[]) =>
    promisify(execFile)(join(tools, "sh"), [join(folder, "setup.sh"), ...args], { env: { PATH: tools } });

  const { stdout } = await setUp(["--server", fleet.address, "--version"]);
  const alone = await setUp(["--server", "http://127.0.0.1:9", "--version"]); // It is there by now.
  writeFileSync(join(folder, "nodes.txt"), `${HERE} ${"0".repeat(64)}\n`);
  execFileSync("rm", [join(folder, "node")]);
  const another = await setUp(["--server", fleet.address, "--version"]).catch((error: unknown) => error);
  writeFileSync(join(folder, "nodes.txt"), "");
  const none = await setUp(["--server", fleet.address, "--version"]).catch((error: unknown) => error);

  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(alone.stdout).toBe(stdout);
  expect(another).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("is not the Node.js that this package names"),
  });
  expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining("Install Node.js 22.18 or newer") });
});

test("[C29] a Node.js is only found under the kinds of machine that there is one for", async () => {
  await expect(createGunzipped(await fetched(`/agent/node/${HERE}.gz`))).resolves.toBe(NODE);
  for (const name of ["plan9-x64.gz", `${HERE}`, "notes.txt.gz", "..%2f..%2fsecret.key.gz", "__proto__.gz"]) {
    const answer = await send(fleet.address, "GET", `/agent/node/${name}`);
    expect([name, answer.status]).toEqual([name, 404]);
  }
});

test("[B95] so many Node.js are sent at once, and whoever asks beyond that comes again", async () => {
  const { handout } = fleet.parts;
  const sent = [];

  for (;;) {
    const content = await handout.sendNode(HERE);
    if (content === null) break;
    sent.push(content);
  }
  const refused = await send(fleet.address, "GET", `/agent/node/${HERE}.gz`);
  const metrics = await send(fleet.address, "GET", "/metrics");
  await Promise.all(sent.map((content) => text(content)));
  await expect.poll(() => handout.metrics.handoutNodesBeingSent).toBe(0);

  expect(sent).toHaveLength(64);
  expect(refused).toMatchObject({ status: 429, headers: { "retry-after": "10" } });
  expect(metrics.text).toMatch(/neverstale_handout_nodes_being_sent 64\n/);
  expect((await fetched(`/agent/node/${HERE}.gz`)).length).toBeGreaterThan(0);
});

/** Returns a folder that holds the few programs which the setup calls. */
function toolsWithoutNode(): string {
  const folder = fleets.directory();
  const names = "sh cat chmod curl cut dirname gunzip gzip sed sha256sum shasum uname".split(" ");
  for (const name of names) {
    const found = (process.env.PATH ?? "")
      .split(delimiter)
      .map((at) => join(at, name))
      .find(existsSync);
    if (found !== undefined) symlinkSync(found, join(folder, name));
  }
  chmodSync(folder, 0o755);
  return folder;
}

function createGunzipped(content: Buffer): Promise<string> {
  const gunzip = createGunzip();
  gunzip.end(content);
  return text(gunzip);
}
