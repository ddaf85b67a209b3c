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

/** It runs `npm test` on a project of these test files, and returns its last line and its exit code. */
function outcomeOf(
  sources: Readonly<Record<string, string>>,
  ...args: string[]
): readonly [lastLine: string | undefined, exitCode: number | null] {
  const folder = mkdtempSync(join(tmpdir(), "test-script-"));
  folders.push(folder);
  for (const [name, source] of Object.entries(sources)) writeFileSync(join(folder, `${name}.test.ts`), source);
  const own = ["--root", folder, "--globals", "--maxWorkers=1", "--no-isolate", ...args];
  const { stdout, status } = spawnSync(
    process.execPath,
    ["--conditions=source", join(ROOT, "scripts/test.ts"), ...own],
    { encoding: "utf8" },
  );
  return [stdout.trimEnd().split("\n").at(-1), status];
}

test("passed tests pass", () => {
  const sources = { one: "test('a', () => {}); test('b', () => {});", other: "test('a', () => {});" };

  expect(outcomeOf(sources)).toEqual(["3 passed, 0 failed", 0]);
});

test("each of these counts as failed, once", () => {
  const sources = {
    "a failed test": "test('a', () => { throw new Error('no'); });",
    // The next two are inputs of `npm test`, which has to count a skipped test and one left to do as failed. No test is skipped here.
    "a skipped test": "test.skip('a', () => {});",
    "a test left to do": "test.todo('a');",
    "a module that can't be loaded": "throw new Error('no');",
    "an error outside any test": "test('passes', () => { void Promise.reject(new Error('no')); });",
    "a hook that throws": "afterAll(() => { throw new Error('no'); }); test('passes', () => {});",
    "a file without tests": "export {};",
  };

  const failed = Object.keys(sources).length;
  expect(outcomeOf(sources)).toEqual([`2 passed, ${failed} failed`, 1]);
});

test("no test at all is a failure", () => {
  expect(outcomeOf({}, "no-such-file")).toEqual(["0 passed, 1 failed", 1]);
});

test("a process that a test leaves behind is ended, and is a failure", () => {
  const source = `import { spawn } from "node:child_process";
    test("a", () => {
      const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { detached: true, stdio: "ignore" });
      child.unref();
    });`;

  expect(outcomeOf({ it: source })).toEqual(
    process.platform === "linux" ? ["1 passed, 1 failed", 1] : ["1 passed, 0 failed", 0],
  );
});

test("tests left out by a name pattern are no failures", () => {
  const source = "test('one', () => {}); test('two', () => { throw new Error('no'); });";

  expect(outcomeOf({ it: source }, "-t", "one")).toEqual(["1 passed, 0 failed", 0]);
});
