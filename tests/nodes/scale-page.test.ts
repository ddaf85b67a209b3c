import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ended, removeWithProcesses } from "@neverstale/base/test-processes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort, startTestServer, type TestServer } from "../../packages/store-postgres/src/io/test-server-suite.ts";
import { type Nginx, startNginx } from "./nginx.ts";
import { until } from "./node-fleet.ts";
import { PASSWORD } from "./node-process.ts";
import { Person } from "./person.ts";

const PAGE = readFileSync(fileURLToPath(new URL("../../docs/SCALE.md", import.meta.url)), "utf8");
const MAIN = fileURLToPath(new URL("../../apps/fleet/cli/src/main.ts", import.meta.url));
const NEVERSTALE = `${process.execPath} --conditions=source ${MAIN}`;
const MACHINES = ["10.0.0.5", "10.0.0.6", "10.0.0.7"];

const directory = mkdtempSync(join(tmpdir(), "neverstale-scale-"));
const running: ChildProcess[] = [];
let database: TestServer;
let ports: readonly number[];
let nginx: Nginx;
let person: Person;

beforeAll(async () => {
  database = await startTestServer();
  ports = await Promise.all(MACHINES.map(() => freePort()));
  nginx = await startNginx(ports.map((port) => `http://127.0.0.1:${port}`));
});
afterAll(async () => {
  await Promise.all(running.map((child) => ended(child)));
  await nginx?.end();
  await removeWithProcesses(directory);
  await database?.end();
});

/** It returns the commands below the heading of a step, as they stand in the page. */
function commandsOf(step: string): string {
  const [, text] = new RegExp(`^\\*\\*${step}[^]*?^\`\`\`(?:sh|sql)\\n([^]*?)^\`\`\``, "m").exec(PAGE) ?? [];
  if (text === undefined) throw new Error(`the page has no step "${step}"`);
  return text;
}

/** Everything is on this machine here. Of several machines, this is the command of the one with the number. */
function here(commands: string, machine = 0): string {
  return commands
    .replaceAll("@db.example.org/fleet?sslmode=verify-full", `@127.0.0.1:${database.port}/fleet`)
    .replaceAll("https://fleet.example.org", nginx.address)
    .replaceAll(`http://${MACHINES[0]}:8080`, `http://127.0.0.1:${ports[machine]}`)
    .replaceAll(MACHINES[0] ?? "", "127.0.0.1")
    .replaceAll("--trusted-proxy 10.0.0.2", "--trusted-proxy 127.0.0.1")
    .replaceAll("/etc/nginx/nginx.conf", join(nginx.folder, "nginx.conf"))
    .replace(/^nginx /m, `${nginx.program} `)
    .replace(/^npx neverstale serve (.*)$/m, `exec ${NEVERSTALE} serve $1 --no-local-agent`)
    .replaceAll("npx neverstale", NEVERSTALE);
}

async function run(commands: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)("sh", ["-ec", commands], { cwd: directory });
  return stdout + stderr;
}

/** It resolves once the server listens. */
async function serve(commands: string): Promise<ChildProcess> {
  const env = { ...process.env, NEVERSTALE_ADMIN_PASSWORD: PASSWORD };
  const child = spawn("sh", ["-ec", commands], { cwd: directory, env, stdio: ["ignore", "pipe", "pipe"] });
  running.push(child);
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (part: Buffer) => {
      said = (said + part).slice(-10_000);
    });
  await until("the server listens", () => {
    if (child.exitCode !== null) throw new Error(`the server ended: ${said}`);
    return said.includes("listening on http");
  });
  return child;
}

describe("the steps of docs/SCALE.md, one after the other", () => {
  test("a server with a SQLite file ran so far, and somebody is signed in", async () => {
    const port = await freePort();
    const server = await serve(`exec ${NEVERSTALE} serve --port ${port} --data-dir ./data --no-local-agent`);
    person = await Person.signIn({ address: `http://127.0.0.1:${port}` });

    const how = await ended(server, "SIGTERM");

    expect(how).toBe(0);
  });

  test("1 and 2: the database and its tables are made", async () => {
    for (const statement of commandsOf("1\\. Make the database").split(";\n")) {
      if (statement !== "") await database.sql(statement);
    }

    expect(await run(here(commandsOf("2\\. Make the tables")))).toContain("the database is ready");
  });

  test("3 and 4: the data come along, and the nodes are given a key", async () => {
    expect(await run(here(commandsOf("3\\. Bring your data")))).toContain("it was read back and is the same");
    await run(here(commandsOf("4\\. Give all nodes one key")));

    expect(readFileSync(join(directory, "secret.key"))).toHaveLength(32);
    await run("cp ./data/secret.key secret.key"); // That of the server that ran so far: browsers stay signed in.
  });

  test("5: a node starts on each machine, as a role that can't alter the tables", async () => {
    const command = (_: string, machine: number) =>
      `${here(commandsOf("5\\. Start a node"), machine).trim()} --port ${ports[machine]} --data-dir ./node-${machine}`;
    await Promise.all(MACHINES.map(command).map(serve));

    await expect(database.sql("SET ROLE fleet; DROP TABLE neverstale.chain", "fleet")).rejects.toThrow(/owner/);
  });

  test("6: nginx takes the configuration", async () => {
    expect(await run(here(commandsOf("6\\. Put nginx")))).toContain("test is successful");
  });

  test("7: each node says how it stands, and one of them is the writer", async () => {
    const [, address = ""] = /^curl (\S+)$/m.exec(commandsOf("7\\. Look")) ?? [];
    const asked = () =>
      Promise.all(
        MACHINES.map(async (_, machine) => (await fetch(here(address, machine))).json() as Promise<{ role: string }>),
      );

    await until("one is the writer", async () => {
      const roles = (await asked()).map(({ role }) => role).sort();
      return `${roles}` === "follower,follower,writer";
    });
  });

  test("through nginx who was signed in is so still, at every node, may change something, and follows", async () => {
    for (let n = 0; n < 2 * MACHINES.length; n += 1) expect((await person.get(nginx, "/api/session")).status).toBe(200);
    const socket = await person.socket(nginx);
    const [first] = await once(socket, "message");
    socket.terminate();

    // Where no node is the writer at the moment, nothing has moved, and the request is made again.
    const signOut = async () => (await person.call(nginx, "POST", "/api/logout")).status;
    await until("the sign-out is taken", async () => (await signOut()) !== 503);

    expect(JSON.parse(String(first))).toMatchObject({ type: "init" });
    expect((await person.get(nginx, "/api/session")).status).toBe(401);
  });
});
