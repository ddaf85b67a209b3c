import { randomBytes } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeWithProcesses } from "@neverstale/base/test-processes";
import { afterAll, beforeAll, expect, test } from "vitest";
import { NodeFleet, until } from "./node-fleet.ts";

let fleet: NodeFleet;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "neverstale-keys-"));
  fleet = await NodeFleet.start();
});
afterAll(async () => {
  await fleet?.dispose();
  await removeWithProcesses(directory);
});

function keyFile(name: string): string {
  const path = join(directory, name);
  writeFileSync(path, randomBytes(32), { mode: 0o600 });
  return path;
}

const nodeWith = (path: string) => fleet.add("--no-local-agent", "--secret-key-file", path);

test("a node that has another key than those that run does not start, and says why; all may change theirs together", async () => {
  const [one, other] = [keyFile("one.key"), keyFile("other.key")];
  const [first, second] = [nodeWith(one), nodeWith(one)];
  await first.start();
  await second.start();

  await expect(nodeWith(other).start()).rejects.toThrow(/ended \(1\).*another key than the nodes.*--secret-key-file/s);
  await expect(fleet.add("--no-local-agent").start()).rejects.toThrow(/another key than the nodes/);
  await first.end("SIGKILL");
  await first.start();
  const answers = await Promise.all([first, second].map(({ address }) => fetch(`${address}/healthz`)));
  await Promise.all([first, second].map((node) => node.end("SIGKILL")));
  const changed = nodeWith(other);
  await changed.start();

  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  await until("it decides changes", async () => (await changed.readiness()).role === "writer");
  await expect(nodeWith(one).start()).rejects.toThrow(/another key than the nodes/);
});
