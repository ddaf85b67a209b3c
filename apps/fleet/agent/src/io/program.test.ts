import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ended, removeWithProcesses } from "@neverstale/base/test-processes";
import { afterEach, beforeEach, expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

let directory: string;
let dataDir: string;
let server: Server;
let url: string;
let status: number;
const started: ChildProcess[] = [];

/** A server that accepts nobody, or is out of order: what the agent does then is up to the agent alone. */
beforeEach(async () => {
  directory = fs.mkdtempSync(join(tmpdir(), "neverstale-agent-"));
  dataDir = join(directory, "data");
  fs.writeFileSync(join(directory, "token"), "a-token-of-more-than-20-characters\n");
  status = 401;
  server = createServer((_, response) => response.writeHead(status).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((child) => ended(child)));
  server.closeAllConnections();
  server.close();
  await removeWithProcesses(directory);
});

function start(...args: readonly string[]) {
  const child = spawn(process.execPath, ["--conditions=source", MAIN, ...args], {
    env: {},
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(child);
  const text = { out: "", err: "" };
  child.stdout.on("data", (part: Buffer) => {
    text.out += part.toString();
  });
  child.stderr.on("data", (part: Buffer) => {
    text.err += part.toString();
  });
  const end = new Promise<{ status: number | null; out: string; err: string }>((resolve) =>
    child.on("close", (code) => resolve({ status: code, ...text })),
  );
  return { child, text, end };
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 20));
}

test("a second agent on the same data directory ends with 3; the lock dies with the first", async () => {
  status = 503;
  const args = ["--server", url, "--data-dir", dataDir, "--enroll-token-file", join(directory, "token")];
  const first = start(...args);
  await until(() => first.text.err.includes("enrolment failed"));

  expect((await start(...args).end).status).toBe(3);

  first.child.kill("SIGKILL");
  await first.end;
  const third = start(...args);
  await until(() => third.text.err.includes("enrolment failed"));
  expect(third.child.exitCode).toBeNull();
});

test("without a credential or a token that is accepted it ends with 4 and says what to do", async () => {
  const without = await start("--server", url, "--data-dir", dataDir).end;
  const refused = await start("--server", url, "--data-dir", dataDir, "--enroll-token-file", join(directory, "token"))
    .end;

  expect(without).toMatchObject({ status: 4, err: expect.stringContaining("--enroll-token-file") });
  expect(refused).toMatchObject({ status: 4, err: expect.stringContaining("enrolment failed") });
});

test("a token given as a flag is used as one in a file is", async () => {
  const refused = await start("--server", url, "--data-dir", dataDir, "--enroll-token", "a-token-of-some-length").end;

  expect(refused).toMatchObject({ status: 4, err: expect.stringContaining("enrolment failed") });
});

test("[C46] what it keeps is its user's alone", async () => {
  await start("--server", url, "--data-dir", dataDir, "--enroll-token-file", join(directory, "token")).end;

  const modes = [dataDir, ...fs.readdirSync(dataDir).map((name) => join(dataDir, name))].map(
    (path) => fs.statSync(path).mode & 0o077,
  );

  expect(modes.length).toBeGreaterThan(1);
  expect(new Set(modes)).toEqual(new Set([0]));
});

test("[C46] a data directory that others can look into is refused", async () => {
  fs.mkdirSync(dataDir, { mode: 0o755 });

  expect(await start("--server", url, "--data-dir", dataDir).end).toMatchObject({
    status: 2,
    err: expect.stringContaining("chmod 700"),
  });
});

test.each([
  ["an unknown flag", ["--verbose"], "--verbose"],
  ["an address that is none", ["--server", "here"], "no http or https address"],
  ["[C39] a credential that would travel in the clear", ["--server", "http://fleet.example.org"], "Use https"],
  ["a CA that isn't there", ["--ca-file", "/nothing/here.pem"], "--ca-file: ENOENT"],
])("%s ends it with 2", async (_, args, message) => {
  const end = await start("--data-dir", dataDir, ...args).end;

  expect(end).toMatchObject({ status: 2, err: expect.stringContaining(message) });
});

test("with a wrong agent.yaml it starts and says in which line, so that the host can tell it", async () => {
  const config = join(directory, "agent.yaml");
  fs.writeFileSync(config, "ops:\n  a:\n    argv: []\n", { mode: 0o600 });
  status = 503;
  const agent = start(
    "--server",
    url,
    "--data-dir",
    dataDir,
    "--config",
    config,
    "--enroll-token",
    "a-token-of-some-length",
  );

  await until(() => agent.text.err.includes("enrolment failed"));

  expect(agent.text.err).toContain("agent.yaml: line 3: ops.a.argv");
  expect(agent.text.err).toContain("nothing may run");
});

test("a file that becomes wrong under a running agent is found by itself, and is in the log with its line; SIGHUP has it read at once", async () => {
  const config = join(directory, "agent.yaml");
  fs.writeFileSync(config, "ops: {}\n", { mode: 0o600 });
  status = 503;
  fs.mkdirSync(dataDir, { mode: 0o700 });
  const credential = { hostId: "web-1", credential: "secret", tokenHash: "hash" };
  fs.writeFileSync(join(dataDir, "credential.json"), JSON.stringify(credential), { mode: 0o600 });
  const agent = start("--server", url, "--data-dir", dataDir, "--config", config);
  await until(() => agent.text.err.includes('"working"'));

  fs.writeFileSync(config, "ops:\n  a:\n    argv: []\n");
  await until(() => agent.text.err.includes("agent.yaml: line 3: ops.a.argv"));
  agent.child.kill("SIGHUP");
  await until(() => agent.text.err.split("agent.yaml: line 3: ops.a.argv").length > 2);
  expect(agent.child.exitCode).toBeNull();
});
