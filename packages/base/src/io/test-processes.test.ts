import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { ended, removeWithProcesses, runs } from "./test-processes-suite.ts";

/** It makes files in its directory, as quickly as it can, and does not end when it is asked to. */
const WRITES = `
  const { mkdirSync, writeFileSync } = require("node:fs");
  const { join } = require("node:path");
  process.on("SIGTERM", () => {});
  process.stdout.write(String(process.pid));
  let n = 0;
  const write = () => {
    const folder = join(process.argv[1], String(n++ % 50));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "file"), "text");
    setImmediate(write);
  };
  write();`;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "neverstale-processes-"));
});

test("a process is gone when its end has been waited for, and how it ended is told again", async () => {
  const child = spawn(process.execPath, ["-e", WRITES, directory], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");

  const first = await ended(child, "SIGKILL");
  const again = await ended(child, "SIGKILL");
  await removeWithProcesses(directory);

  expect([first, again]).toEqual(["SIGKILL", "SIGKILL"]);
  expect(runs(child.pid ?? 0)).toBe(false);
  expect(existsSync(directory)).toBe(false);
});

test("a process that could not be started is not waited for", async () => {
  const child = spawn(join(directory, "no such program"));
  await once(child, "error");

  const how = await ended(child);
  await removeWithProcesses(directory);

  expect(how).toBe(null);
});

/** Only Linux tells what other processes do. */
const orphans =
  process.platform === "linux"
    ? [
        { which: "names it", script: `"$0" -e "$1" "$2" & wait` },
        { which: "only works in it", script: `cd "$2" && { "$0" -e "$1" . & wait; }` },
      ]
    : [];

test.each(orphans)(
  "a directory is removed once a process has ended that $which, and outlives the shell around it",
  async ({ script }) => {
    const shell = spawn("sh", ["-c", script, process.execPath, WRITES, directory], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [said] = await once(shell.stdout, "data");
    await ended(shell, "SIGKILL");

    await removeWithProcesses(directory);

    expect(runs(Number(said))).toBe(false);
    expect(existsSync(directory)).toBe(false);
  },
);

test("the empty directory is refused, since every process names it", async () => {
  await expect(removeWithProcesses("")).rejects.toThrow(/every process/);
});
