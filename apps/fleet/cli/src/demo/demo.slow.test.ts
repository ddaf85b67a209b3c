import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ended } from "@neverstale/base/test-processes";
import { afterEach, expect, test } from "vitest";
import { eventually } from "../fleet-process-suite.ts";

const CLI = fileURLToPath(new URL("../../bin/neverstale.mjs", import.meta.url));

let demo: ChildProcess | null = null;
let out = "";
let err = "";

afterEach(() => ended(demo));

function start(...words: readonly string[]): ChildProcess {
  [out, err] = ["", ""];
  demo = spawn(process.execPath, [CLI, "demo", ...words], { stdio: ["ignore", "pipe", "pipe"] });
  demo.stdout?.on("data", (part: Buffer) => {
    out += part;
  });
  demo.stderr?.on("data", (part: Buffer) => {
    err += part;
  });
  return demo;
}

test("one command brings up a server with made-up hosts, says when they are online, and leaves nothing behind", async () => {
  const running = start("--hosts", "12", "--port", "0", "--away", "0");
  await eventually(() => out.includes("hosts online") || running.exitCode !== null);
  const [, address] = /^listening on (\S+)$/m.exec(out) ?? [];
  expect(out).toMatch(/^demo: 12 hosts online$/m);
  expect(out).toMatch(/^sign in once, within 15 minutes: http/m);
  expect((await fetch(`${address}/healthz`)).status).toBe(200);

  running.kill("SIGTERM");
  const status = await new Promise((resolve) => running.once("exit", resolve));

  expect(status).toBe(0);
  await expect(fetch(`${address}/healthz`)).rejects.toThrow();
});

test("hosts without a token, or more trouble than hosts, are refused with what to do", async () => {
  const tokenless = start("--server", "http://127.0.0.1:9", "--hosts", "3");
  expect(await new Promise((resolve) => tokenless.once("close", resolve))).toBe(2);
  expect(err).toContain("neverstale token create --uses 3");

  const tooMuch = start("--failing", "60", "--away", "50", "--port", "0");
  expect(await new Promise((resolve) => tooMuch.once("close", resolve))).toBe(2);
  expect(err).toContain("more than all hosts");
});
