import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FileLock, lockFile } from "./file-lock.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "neverstale-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Another process that takes the lock and keeps it. */
async function holder(path: string) {
  const script = `
    import { lockFile } from ${JSON.stringify(new URL("./file-lock.ts", import.meta.url).href)};
    const lock = lockFile(process.argv[1]);
    process.stdout.write("heldBy" in lock ? "held" : "taken");
    setInterval(() => lock, 1_000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said] = await once(child.stdout, "data");
  return { child, said: String(said) };
}

test("a lock that another process has is told with the id of that process, and is free when it is killed", async () => {
  const path = join(folder, "data.lock");
  const { child, said } = await holder(path);

  const whileItLives = lockFile(path);
  child.kill("SIGKILL");
  await once(child, "close");
  const afterwards = lockFile(path) as FileLock;
  afterwards.release();

  expect(said).toBe("taken");
  expect(whileItLives).toEqual({ heldBy: String(child.pid) });
  expect(afterwards).toHaveProperty("release");
});

test("a lock that was released can be taken again, and only its owner can read its file", () => {
  const path = join(folder, "data.lock");

  const first = lockFile(path) as FileLock;
  const second = lockFile(path);
  first.release();
  const third = lockFile(path) as FileLock;
  third.release();

  expect(second).toEqual({ heldBy: String(process.pid) });
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("a folder that is not there is an error, and no lock", () => {
  expect(() => lockFile(join(folder, "missing", "data.lock"))).toThrow(/ENOENT/);
});
