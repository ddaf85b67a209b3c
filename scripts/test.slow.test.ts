import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { ROOT } from "./run.ts";

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** It runs `npm test` on a project of one test file, and returns its last line and its exit code. */
function outcomeOf(
  source: string,
  ...args: string[]
): readonly [lastLine: string | undefined, exitCode: number | null] {
  const folder = mkdtempSync(join(tmpdir(), "test-script-"));
  folders.push(folder);
  writeFileSync(join(folder, "it.test.ts"), source);
  const own = ["--root", folder, "--globals", ...args];
  const { stdout, status } = spawnSync(
    process.execPath,
    ["--conditions=source", join(ROOT, "scripts/test.ts"), ...own],
    { encoding: "utf8" },
  );
  return [stdout.trimEnd().split("\n").at(-1), status];
}

test.each([
  ["passed tests pass", "test('a', () => {}); test('b', () => {});", "2 passed, 0 failed", 0],
  ["a failed test fails", "test('a', () => {}); test('b', () => { throw new Error('no'); });", "1 passed, 1 failed", 1],
  // The next two are inputs of `npm test`, which has to count a skipped test and one left to do as failed. No test is skipped here.
  ["a skipped test fails", "test('a', () => {}); test.skip('b', () => {});", "1 passed, 1 failed", 1],
  ["a test left to do fails", "test('a', () => {}); test.todo('b');", "1 passed, 1 failed", 1],
  ["a module that can't be loaded fails", "test('a', () => {}); throw new Error('no');", "0 passed, 1 failed", 1],
  [
    "an error outside any test fails",
    "test('a', () => { void Promise.reject(new Error('no')); });",
    "1 passed, 1 failed",
    1,
  ],
  [
    "a hook that throws fails",
    "afterAll(() => { throw new Error('no'); }); test('a', () => {});",
    "1 passed, 1 failed",
    1,
  ],
  ["a file without tests fails", "export {};", "0 passed, 1 failed", 1],
])("%s", (_name, source, lastLine, exitCode) => {
  expect(outcomeOf(source)).toEqual([lastLine, exitCode]);
});

test("no test at all is a failure", () => {
  expect(outcomeOf("", "no-such-file")).toEqual(["0 passed, 1 failed", 1]);
});

test("a process that a test leaves behind is ended, and is a failure", () => {
  const source = `import { spawn } from "node:child_process";
    test("a", () => {
      const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { detached: true, stdio: "ignore" });
      child.unref();
    });`;

  expect(outcomeOf(source)).toEqual(
    process.platform === "linux" ? ["1 passed, 1 failed", 1] : ["1 passed, 0 failed", 0],
  );
});

test("tests left out by a name pattern are no failures", () => {
  const source = "test('one', () => {}); test('two', () => { throw new Error('no'); });";

  expect(outcomeOf(source, "-t", "one")).toEqual(["1 passed, 0 failed", 0]);
});
