import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { ended, removeWithProcesses } from "@neverstale/base/test-processes";
import type { StoreContents, StoredAnswer } from "@neverstale/server/store";
import { answer, asked, group, made, opened } from "@neverstale/server/store/contract-suite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { pragma } from "./connection.ts";
import { type ChildLine, type ChildTask, fingerprint } from "./crash-child.ts";
import { openDatabase } from "./files/open-database.ts";
import { MIGRATIONS } from "./files/schema.ts";
import { sqliteStore } from "./sqlite-store.ts";

const CHILD = fileURLToPath(new URL("./crash-child.ts", import.meta.url));
const hasStrace = spawnSync("strace", ["-V"]).status === 0 && spawnSync("strace", ["-f", "true"]).status === 0;

/** A mount that only the child sees: as root, or in a user namespace. */
const OWN_MOUNTS = ["unshare", ...(process.getuid?.() === 0 ? [] : ["-Ur"]), "-m"];
const canMount =
  spawnSync(OWN_MOUNTS[0] as string, [...OWN_MOUNTS.slice(1), "mount", "-t", "tmpfs", "tmpfs", tmpdir()]).status === 0;
if (!hasStrace) console.warn("No strace here: syncs were not counted, none was made to fail, and none was slow.");
if (!canMount) console.warn("No mounts here: the full disk was tested by the bound of the store alone.");

/** Writes that fail once a file has 200 blocks of 512 bytes: an I/O error, not a full disk. */
const FAILING_WRITES = (["inline", "worker"] as const).map((writer) => ({
  writer,
  wrapper: ["sh", "-c", 'ulimit -f 400; exec "$@"', "sh"],
}));

/** Syncs that fail from the 30th of a thread on. */
const FAILING_SYNCS = (["inline", "worker"] as const).map((writer) => ({
  writer,
  wrapper: ["strace", "-f", "-o", "/dev/null", "-e", "trace=fsync", "-e", "inject=fsync:error=EIO:when=30+"],
}));

let directory: string;
let path: string;
let children: ChildProcessByStdio<null, Readable, null>[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "neverstale-crash-"));
  path = join(directory, "fleet.db");
  children = [];
});

afterEach(async () => {
  await Promise.all(children.map((child) => ended(child)));
  await removeWithProcesses(directory);
});

class Child {
  readonly lines: ChildLine[] = [];
  readonly ended: Promise<number | null>;
  readonly #process: ChildProcessByStdio<null, Readable, null>;
  #unfinished = "";
  #waiting: { readonly test: () => boolean; readonly resolve: () => void }[] = [];

  constructor(task: ChildTask, wrapper: readonly string[] = []) {
    const words = [...wrapper, process.execPath, "--conditions=source", CHILD, JSON.stringify(task)];
    this.#process = spawn(words[0] as string, words.slice(1), { stdio: ["ignore", "pipe", "inherit"] });
    children.push(this.#process);
    this.#process.stdout.setEncoding("utf8").on("data", (text: string) => this.#read(text));
    this.ended = new Promise((resolve) => this.#process.on("close", (code) => resolve(code)));
    void this.ended.then(() => this.#wake(true));
  }

  get pid(): number {
    return this.#process.pid as number;
  }

  #read(text: string): void {
    const lines = (this.#unfinished + text).split("\n");
    this.#unfinished = lines.pop() ?? "";
    for (const line of lines) this.lines.push(JSON.parse(line) as ChildLine);
    this.#wake(false);
  }

  #wake(all: boolean): void {
    this.#waiting = this.#waiting.filter(({ test, resolve }) => {
      if (!all && !test()) return true;
      resolve();
      return false;
    });
  }

  said(what: ChildLine["said"], times: number): Promise<void> {
    const isThere = () => this.lines.filter((line) => line.said === what).length >= times;
    if (isThere()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ test: isThere, resolve }));
  }

  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.ended;
  }

  get acknowledged(): { readonly version: number; readonly fingerprint: string }[] {
    return this.lines.filter((line) => line.said === "acknowledged");
  }

  get failures(): string[] {
    return this.lines.filter((line) => line.said === "failed").map((line) => line.outcome);
  }
}

async function contentsOf(at: string): Promise<{ contents: StoreContents; texts: Map<number, string>; head: number }> {
  const store = sqliteStore(at, { writer: "inline" });
  const contents = await store.read();
  const main = contents.spaces.find((space) => space.name === "main");
  const log = await store.readLog({ space: "main", afterVersion: 0, limit: 1_000_000 });
  await store.close();
  const head = main?.log.at(-1)?.lastVersion ?? main?.foldedVersion ?? 0;
  return { contents, texts: new Map(log.map((row) => [row.firstVersion, fingerprint(row.changes)])), head };
}

test("[P3] kill -9 in the middle of commits and folds, again and again: nothing acknowledged is lost, no fold is half done", async () => {
  const promised = new Map<number, string>();
  let foldsSeen = 0;
  for (const [round, writer] of (["auto", "worker", "inline", "auto", "worker", "inline"] as const).entries()) {
    const child = new Child({ run: "commit", path, options: { writer } });
    await child.said("acknowledged", 5 + 23 * round);
    await child.kill();
    for (const line of child.acknowledged) promised.set(line.version, line.fingerprint);

    const { contents, texts, head } = await contentsOf(path);

    expect(head - promised.size).toBeGreaterThanOrEqual(0);
    expect(head - promised.size).toBeLessThanOrEqual(1);
    for (const [version, text] of promised) expect(texts.get(version)).toBe(text);
    const last = texts.get(head);
    if (last !== undefined) promised.set(head, last);
    const records = contents.spaces[0]?.records ?? [];
    const foldedVersion = contents.spaces[0]?.foldedVersion ?? 0;
    expect(new Set(records.map((record) => record.version))).toEqual(
      new Set(foldedVersion === 0 ? [] : [foldedVersion]),
    );
    foldsSeen += foldedVersion === 0 ? 0 : 1;
  }
  expect(foldsSeen).toBeGreaterThan(0);
});

test("another process is refused while one works on the data, and let in when that one was killed", async () => {
  const child = new Child({ run: "hold", path, options: { writer: "inline" } });
  await child.said("open", 1);

  await expect(sqliteStore(path).read()).rejects.toMatchObject({
    code: "store_locked",
    message: expect.stringContaining(`process ${child.pid} `),
  });

  await child.kill();
  expect((await contentsOf(path)).head).toBe(0);
});

test("[A1] each commit is forced to disk: as many syncs as commits, counted by strace", async () => {
  if (!hasStrace) return expectFullSync();
  for (const writer of ["inline", "worker"] as const) {
    const idle = await syncsOf({
      run: "commit",
      path: join(directory, `${writer}-1.db`),
      options: { writer },
      groups: 1,
    });
    const busy = await syncsOf({
      run: "commit",
      path: join(directory, `${writer}-41.db`),
      options: { writer },
      groups: 41,
    });

    expect([writer, busy - idle]).toEqual([writer, 40]);
  }
});

async function syncsOf(task: ChildTask): Promise<number> {
  const report = `${task.path}.strace`;
  const child = new Child(task, ["strace", "-f", "-o", report, "-e", "trace=fsync,fdatasync"]);
  expect(await child.ended).toBe(0);
  expect(child.acknowledged).toHaveLength(task.groups ?? 0);
  return readFileSync(report, "utf8").match(/\b(fsync|fdatasync)\b.*= 0$/gm)?.length ?? 0;
}

/** Without strace nobody can count: then SQLite's own word for the connection that commits has to do. */
function expectFullSync(): void {
  const { database, release } = openDatabase({ path, maxBytes: Number.POSITIVE_INFINITY }, MIGRATIONS);
  expect([pragma(database.full.db, "journal_mode"), pragma(database.full.db, "synchronous")]).toEqual(["wal", 2]);
  database.close();
  release();
}

test("[A1] a disk that fails leaves the outcome unknown, and the store takes no more work", async () => {
  const faults = hasStrace ? [...FAILING_WRITES, ...FAILING_SYNCS] : FAILING_WRITES;
  for (const [index, { writer, wrapper }] of faults.entries()) {
    const task: ChildTask = { run: "until-failure", path: join(directory, `${index}.db`), options: { writer } };
    const child = new Child(task, wrapper);
    expect(await child.ended).toBe(3);

    expect(child.acknowledged.length).toBeGreaterThan(5);
    expect(child.failures).toEqual(["unknown", "unknown", "unknown"]);
    const { head, texts } = await contentsOf(task.path);
    for (const line of child.acknowledged) expect(texts.get(line.version)).toBe(line.fingerprint);
    expect([0, 1]).toContain(head - child.acknowledged.length);
  }
});

test("[A1] a full disk moves nothing, again and again; with room commits go on, and nothing comes back after a crash", async () => {
  if (!canMount) return expectBoundHolds();
  const disk = join(directory, "disk");
  mkdirSync(disk);
  const task = (run: ChildTask["run"]): ChildTask => ({
    run,
    path: join(disk, "data", "fleet.db"),
    options: { writer: "inline" },
  });
  const child = new Child(task("fill"), onSmallDisk(disk, task("read")));
  await child.ended;

  expect(child.failures.length).toBe(12);
  expect(new Set(child.failures)).toEqual(new Set(["nothing_moved"]));
  const [before, after] = child.lines.filter((line) => line.said === "open");
  expect(before).toMatchObject({ head: 0 });
  const { acknowledged } = child;
  expect(acknowledged.map((line) => line.version)).toEqual(acknowledged.map((_, index) => index + 1));
  expect(after?.head).toBe(acknowledged.length);
  expect(child.lines.filter((line) => line.said === "stored")).toEqual(
    acknowledged.map((line) => ({ ...line, said: "stored" })),
  );
});

/** Without a small disk to fill: the store's own bound, met in a process that then ends. */
async function expectBoundHolds(): Promise<void> {
  const child = new Child({ run: "until-failure", path, options: { writer: "inline", maxBytes: 200_000 } });
  expect(await child.ended).toBe(3);

  expect(child.acknowledged.length).toBeGreaterThan(5);
  expect(new Set(child.failures)).toEqual(new Set(["nothing_moved"]));
  expect((await contentsOf(path)).head).toBe(child.acknowledged.length);
}

/** The child on a disk of 2 MiB of its own; a second process reads it after the first one was killed. */
function onSmallDisk(disk: string, then: ChildTask): string[] {
  const reader = `"$1" --conditions=source "$3" '${JSON.stringify(then)}'`;
  const script = `mount -t tmpfs -o size=2m tmpfs '${disk}' && { "$@" & wait; rm '${disk}/data/ballast'; ${reader}; }`;
  return [...OWN_MOUNTS, "sh", "-c", script, "sh"];
}

test("[A1] a store at its bound moves nothing, and goes on where there is more room", async () => {
  const bounded = sqliteStore(path, { writer: "inline", maxBytes: 300_000 });
  await opened(bounded);
  await bounded.commit(made("main", 1));
  let version = 1;
  const commitUntilFull = async () => {
    for (;;) {
      const next = group({ name: "main", first: version + 1 });
      await bounded.commit({ ...next, answers: [bigAnswer(version, next.at)] });
      version += 1;
    }
  };
  await expect(commitUntilFull()).rejects.toMatchObject({ name: "StoreFailure", outcome: "nothing_moved" });
  expect(version).toBeGreaterThan(10);
  expect(await bounded.findAnswer(asked(`k${version}`))).toBeNull();
  expect(await bounded.findAnswer(asked(`k${version - 1}`))).not.toBeNull();
  await bounded.close();

  const roomy = sqliteStore(path, { writer: "inline" });
  await opened(roomy);
  await roomy.commit(group({ name: "main", first: version + 1 }));
  await roomy.close();

  expect((await contentsOf(path)).head).toBe(version + 1);
});

function bigAnswer(n: number, at: number): StoredAnswer {
  return { ...answer(`k${n}`), at, version: n, answer: JSON.stringify("x".repeat(9_000)) };
}

test("[A1] with a slow disk commits leave the event loop to others: they move to the other thread, and wait there", async () => {
  const slow = ["strace", "-f", "-o", "/dev/null", "-e", "trace=fsync", "-e", "inject=fsync:delay_enter=20000"];
  const [writer, wrapper] = hasStrace ? (["auto", slow] as const) : (["worker", []] as const);
  const child = new Child({ run: "commit", path, options: { writer }, groups: 10 }, wrapper);
  expect(await child.ended).toBe(0);

  const done = child.lines.find((line) => line.said === "done");
  expect(done?.metrics).toMatchObject({
    store_commits_total: 10,
    store_commits_in_worker_total: 10,
    store_writes_in_worker: 1,
  });
});
