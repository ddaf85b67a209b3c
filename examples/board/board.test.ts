// @vitest-environment jsdom
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ended, removeWithProcesses } from "@neverstale/base/test-processes";
import { nodeEnvironment } from "@neverstale/client";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { showBoard } from "./page.ts";

let folder: string;
let server: ChildProcess | null = null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "neverstale-board-"));
});
afterEach(async () => {
  await ended(server);
  await removeWithProcesses(folder);
});

/** It resolves with the port on which it listens. Port 0 is one that is free. */
async function startServer(port: number): Promise<number> {
  const env = { ...process.env, BOARD: join(folder, "board.db"), PORT: String(port) };
  const script = join(import.meta.dirname, "server.ts");
  const child = spawn(process.execPath, ["--conditions=source", script], { env, stdio: ["ignore", "pipe", "inherit"] });
  server = child;
  for await (const text of child.stdout.setEncoding("utf8")) {
    const told = /port: (\d+)/.exec(text)?.[1];
    if (told !== undefined) return Number(told);
  }
  throw new Error("the server ended before it listened");
}

test("two pages of the quick start write and see each other, through a kill of the server", async () => {
  const port = await startServer(0);
  const pages = [document.createElement("div"), document.createElement("div")].map((root) => {
    const sync = showBoard(root, { url: `ws://127.0.0.1:${port}/sync`, io: nodeEnvironment({ WebSocket }) });
    const input = root.querySelector("input");
    const add = (title: string) => {
      if (input !== null) input.value = title;
      root.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
    };
    const lines = () => [...root.querySelectorAll("li")].map(({ textContent }) => textContent);
    return { root, sync, add, lines };
  });
  const [one, two] = pages;
  if (one === undefined || two === undefined) throw new Error("there are two pages");

  one.add("Buy milk");
  await expect.poll(two.lines).toEqual(["Buy milk"]);
  two.root.querySelector("li")?.click();
  await expect.poll(one.lines).toEqual(["Buy milk (done)"]);
  one.add("");
  await expect.poll(() => one.root.querySelector("p")?.textContent).toMatch(/title/);

  await ended(server);
  await expect.poll(() => two.root.querySelector("p")?.textContent).toBe("connecting");
  two.add("Call Eve");
  expect(two.lines()).toContain("Call Eve");
  await startServer(port);
  await expect.poll(() => one.lines().toSorted()).toEqual(["Buy milk (done)", "Call Eve"]);

  for (const { sync } of pages) sync.stop();
});
