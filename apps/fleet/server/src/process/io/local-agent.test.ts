import { chmodSync, closeSync, existsSync, mkdtempSync, openSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeWithProcesses } from "@neverstale/base/test-processes";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LocalAgent } from "./local-agent.ts";

let directory: string;
let agent: LocalAgent | null = null;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "neverstale-local-"));
});

afterEach(async () => {
  agent?.stop();
  await removeWithProcesses(directory);
});

/** It stands for a Node.js: it leaves a mark, and ends well. */
function program(path: string): void {
  writeFileSync(path, `#!/bin/sh\ntouch ${join(directory, "ran")}\n`);
  chmodSync(path, 0o755);
}

function start(node: string): void {
  const log = pino({ level: "silent" });
  agent = new LocalAgent({
    ...{ address: "http://127.0.0.1:9", certificate: null, enrollToken: null, log, node },
    dataDir: join(directory, "agent"),
  });
}

test("an agent whose program is being written is started once that is done", async () => {
  const node = join(directory, "node");
  program(node);
  const writing = openSync(node, "a");
  start(node);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(existsSync(join(directory, "ran"))).toBe(false);

  closeSync(writing);
  await expect.poll(() => existsSync(join(directory, "ran"))).toBe(true);
});

test("an agent whose program is not there is started once it is", async () => {
  start(join(directory, "node"));
  await new Promise((resolve) => setTimeout(resolve, 100));
  program(join(directory, "node.new"));
  renameSync(join(directory, "node.new"), join(directory, "node"));

  await expect.poll(() => existsSync(join(directory, "ran"))).toBe(true);
});
