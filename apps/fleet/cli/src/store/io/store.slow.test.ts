import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { ended, removeWithProcesses } from "@neverstale/base/test-processes";
import { postgresStore } from "@neverstale/store-postgres";
import { startTestServer, type TestServer } from "@neverstale/store-postgres/test-server";
import { sqliteStore } from "@neverstale/store-sqlite";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));
const LIMIT_MS = 240_000;
const AT = 1_800_000_000_000;

let server: TestServer;
let directory: string;
let databases = 0;
const copies: ChildProcess[] = [];

beforeAll(async () => {
  server = await startTestServer();
}, LIMIT_MS);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "neverstale-store-"));
});

afterEach(async () => {
  await Promise.all(copies.splice(0).map((child) => ended(child)));
  await removeWithProcesses(directory);
});

afterAll(() => server?.end());

/** It returns the URL of an empty database, for a role with a password. */
async function newDatabase(): Promise<string> {
  databases += 1;
  const database = `fleet_${databases}`;
  if (databases === 1) await server.sql("CREATE ROLE fleet LOGIN PASSWORD 'top-secret'");
  await server.sql(`CREATE DATABASE ${database} OWNER fleet`);
  return server.url({ user: "fleet", password: "top-secret", database });
}

/** The history has so many rows of two kilobytes. */
async function writeSource(path: string, historyRows: number): Promise<void> {
  const store = sqliteStore(path);
  const { head } = await store.read();
  await store.takeOver({ epoch: "first", address: null, model: 1, at: AT, ageAt: AT, after: head });
  const space = { name: "main", creationId: "main#1", removed: false, archived: false, lineage: null };
  const text = JSON.stringify([{ type: "event", target: "", data: {} }]);
  for (let version = 1, left = historyRows; version === 1 || left > 0; version += 1, left -= 1_000) {
    const creationId = version === 1 ? "main#1" : null;
    const move = { ...space, creationId, firstVersion: version, lastVersion: version, changes: { text } };
    const row = { space: "main", creationId: "main#1", collection: "events", version, at: AT, text: "x".repeat(2_000) };
    const history = Array.from({ length: Math.min(left, 1_000) }, (_, n) => ({ ...row, id: `e${version}-${n}` }));
    await store.commit({ at: AT, ageAt: AT, spaces: [move], history, answers: [] });
  }
  await store.close();
}

function start(...words: string[]) {
  const child = spawn(process.execPath, ["--conditions=source", MAIN, "store", ...words], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  copies.push(child);
  const text = { out: "", err: "" };
  child.stdout.on("data", (part: Buffer) => {
    text.out += part.toString();
  });
  child.stderr.on("data", (part: Buffer) => {
    text.err += part.toString();
  });
  const ended = new Promise<{ status: number | null; out: string; err: string }>((resolve) =>
    child.on("close", (status) => resolve({ status, ...text })),
  );
  return { child, text, ended };
}

function run(...words: string[]) {
  return start(...words).ended;
}

function copy(from: string, to: string) {
  return run("copy", from, to);
}

async function killAmid(from: string, to: string): Promise<void> {
  const { child, text, ended } = start("copy", from, to);
  while (!text.err.includes("copied so far") && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 5));
  child.kill("SIGKILL");
  expect(await ended).toMatchObject({ status: null, out: "" });
}

test("it moves a data directory to PostgreSQL and back, says what it did, and shows no password", {
  timeout: LIMIT_MS,
}, async () => {
  const dataDir = join(directory, "data");
  await writeSource(join(dataDir, "fleet.db"), 10);
  const url = await newDatabase();

  const there = await copy(dataDir, url);
  const back = await copy(url, join(directory, "back"));

  const counts = "2 chain entries, 1 spaces, 0 records, 0 tombstones, 0 answers, 10 history rows, 0 rows of points";
  expect(there).toMatchObject({ status: 0, out: expect.stringContaining(`/fleet_${databases}: ${counts}\n`) });
  expect(there.out).toContain("it was read back and is the same\n");
  expect(back).toMatchObject({ status: 0, out: expect.stringContaining(`${join("back", "fleet.db")}: ${counts}\n`) });
  const store = sqliteStore(join(directory, "back", "fleet.db"));
  expect(await store.read()).toMatchObject({ epochs: ["first"], head: { sequence: 2, term: "first" } });
  await store.close();
  expect(JSON.stringify([there, back])).not.toContain("top-secret");
});

test("a copy that is killed leaves nothing behind in its target, and is simply made again", {
  timeout: LIMIT_MS,
}, async () => {
  const from = join(directory, "from.db");
  await writeSource(from, 20_000);
  const url = await newDatabase();
  const to = join(directory, "to.db");

  await killAmid(from, url);
  await killAmid(from, to);

  expect(existsSync(to)).toBe(false);
  const store = postgresStore(url);
  expect(await store.read()).toMatchObject({ epochs: [], spaces: [], head: null });
  await store.close();
  expect(await copy(from, url)).toMatchObject({ status: 0 });
  expect(await copy(url, to)).toMatchObject({ status: 0, out: expect.stringContaining("20000 history rows") });
});

test("a store that somebody works on is not copied", { timeout: LIMIT_MS }, async () => {
  const from = join(directory, "from.db");
  await writeSource(from, 1);
  const url = await newDatabase();
  expect(await copy(from, url)).toMatchObject({ status: 0 });
  const sqlite = sqliteStore(from);
  await sqlite.read();
  const node = postgresStore(url);
  await node.read();
  await node.enterNode({ id: "n1", address: "10.0.0.7:80", model: 1, token: "t" });
  const alive = setInterval(() => void node.confirm(), 100);

  const locked = await copy(from, await newDatabase());
  const live = await copy(url, join(directory, "to.db"));
  clearInterval(alive);
  await Promise.all([sqlite.close(), node.close()]);

  expect(locked).toMatchObject({ status: 1, out: "", err: expect.stringContaining(`process ${process.pid} works on`) });
  expect(live).toMatchObject({ status: 1, out: "", err: expect.stringContaining("a node (10.0.0.7:80) works on") });
  expect(live.err).toContain("Stop all servers on it first");
  expect(existsSync(join(directory, "to.db"))).toBe(false);
});

test("a target that is not empty, and stores of a newer release, are refused and stay as they are", {
  timeout: LIMIT_MS,
}, async () => {
  const [from, filled, newer] = ["from.db", "filled.db", "newer.db"].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [from, filled, newer]) await writeSource(path, 1);
  const url = await newDatabase();
  await copy(from, url);
  const newerUrl = await newDatabase();
  await copy(from, newerUrl);
  await server.sql("UPDATE neverstale.schema_version SET version = 999", newerUrl.split("/").at(-1));
  const db = new DatabaseSync(newer);
  db.exec("UPDATE schema_version SET version = 999");
  db.close();

  const ends = [
    await copy(from, filled),
    await copy(filled, url),
    await copy(newer, await newDatabase()),
    await copy(newerUrl, join(directory, "to.db")),
  ];

  expect(ends.map(({ status, out }) => ({ status, out }))).toEqual(ends.map(() => ({ status: 1, out: "" })));
  expect(ends[0]?.err).toContain("filled.db is not empty");
  expect(ends[1]?.err).toMatch(/fleet_\d+ is not empty\nA copy writes over nothing/);
  expect(ends[2]?.err).toContain("has schema 999");
  expect(ends[3]?.err).toContain("has version 999");
});

test("a wrong address says what is wrong, and shows no password", { timeout: LIMIT_MS }, async () => {
  const from = join(directory, "from.db");
  await writeSource(from, 1);
  const empty = await newDatabase();
  const wrong = server.url({ user: "fleet", password: "top-secret", database: "nowhere" });

  const ends = [
    await copy(from, wrong),
    await copy(from, "mysql://fleet:top-secret@127.0.0.1/fleet"),
    await copy(from, "postgres://fleet:top-secret@127.0.0.1/fleet?sslmode=perhaps"),
    await copy(from, "postgres://fleet:top-secret@127.0.0.1:9/fleet"),
    await copy(join(directory, "nowhere"), empty),
    await copy(empty, join(directory, "to.db")),
    await copy(from, from),
  ];

  expect(ends.map(({ status }) => status)).toEqual(ends.map(() => 1));
  expect(ends.map(({ err }) => err.split("\n")[0])).toEqual([
    expect.stringContaining("nowhere"),
    "neverstale: the address of the store is of no known kind",
    "neverstale: `sslmode` is one of disable, require, verify-ca, verify-full, no-verify",
    expect.stringContaining("127.0.0.1:9/fleet"),
    expect.stringContaining("there is no database at"),
    expect.stringContaining("there is nothing to copy in"),
    "neverstale: both addresses are the same store",
  ]);
  expect(JSON.stringify(ends)).not.toContain("top-secret");
});

test("a database is prepared for a role that may only read and write rows, and a copy goes into it", async () => {
  const owner = await newDatabase();
  await server.sql("CREATE ROLE serving LOGIN PASSWORD 'other-secret'");
  const serving = owner.replace("fleet:top-secret", "serving:other-secret");
  const source = join(directory, "source.db");
  await writeSource(source, 0);

  const refused = await run("prepare", serving, "--grant-to", "serving");
  const prepared = [
    await run("prepare", owner, "--grant-to", "serving"),
    await run("prepare", owner, "--grant-to", "serving"),
  ];
  const copied = await copy(source, owner);
  const store = postgresStore(serving);
  const { spaces } = await store.read();
  await store.close();

  expect(refused.status).toBe(1);
  for (const { status, out } of prepared) expect([status, out]).toEqual([0, "the database is ready\n"]);
  expect(copied).toMatchObject({ status: 0 });
  expect(spaces.map(({ name }) => name)).toEqual(["main"]);
  const database = new URL(owner).pathname.slice(1);
  await expect(server.sql("SET ROLE serving; DROP TABLE neverstale.chain", database)).rejects.toThrow(/must be owner/);
  for (const { err } of [refused, ...prepared]) expect(err).not.toContain("secret");
});

test("a file and a role without a name are refused", async () => {
  const file = await run("prepare", join(directory, "fleet.db"));
  const nameless = await run("prepare", "postgres://fleet@127.0.0.1/fleet", "--grant-to", "");

  expect([file.status, nameless.status]).toEqual([1, 1]);
  expect(file.err).toMatch(/address of a file/);
  expect(nameless.err).toMatch(/no name/);
});
