import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AuthorityProcess, DataDir } from "./authority-process.ts";

let dir: DataDir;
let authority: AuthorityProcess;
let joiners: ChildProcessByStdio<Writable, Readable, null>;

beforeEach(async () => {
  dir = new DataDir();
  authority = new AuthorityProcess(dir.database);
  await authority.start();
});

afterEach(async () => {
  joiners.kill("SIGKILL");
  await authority.kill();
  dir.remove();
});

const JOINERS = fileURLToPath(new URL("./joiners.ts", import.meta.url));

test("[A8] a thousand clients join at once while metrics keep changing the state: the snapshot is encoded at most twice", async () => {
  await authority.get("/load?changes=1000&rate=100000");
  const before = (await authority.facts()).sync.snapshotBuilds;
  const load = authority.get("/load?changes=600&rate=60");

  joiners = spawn(process.execPath, ["--conditions=source", JOINERS, `ws://127.0.0.1:${authority.port}/sync`, "1000"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: joiners.stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe("all live");
  const { snapshotBuilds, connections } = (await authority.facts()).sync;
  await load;
  const facts = await authority.facts();
  joiners.stdin.write(`${facts.version}\n`);
  const seen = JSON.parse(String((await lines.next()).value)) as string[];

  expect(connections).toBe(1_000);
  expect(snapshotBuilds - before).toBeLessThanOrEqual(2);
  expect(seen).toEqual([`${facts.version} ${facts.digest}`]);
});
