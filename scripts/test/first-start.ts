/** The product is started once before the tests, as its users start it, and ended. */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ended, removeWithProcesses } from "@neverstale/base/test-processes";
import { ROOT, withCompileCache } from "../run.ts";

/**
 * It throws when the server or its agent does not start, or does not end well. Both end by themselves, so Node keeps what it made of
 * their sources. Most processes of the tests are killed, and those keep nothing for the next ones: after `npm ci` each of them
 * would take twice as long to start.
 */
export async function startAndEnd(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "neverstale-first-start-"));
  const flags = ["--port", "0", "--data-dir", directory];
  const server = spawn(process.execPath, ["--conditions=source", MAIN, "serve", ...flags], {
    cwd: ROOT,
    env: withCompileCache(process.env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [server.stdout, server.stderr])
    stream.on("data", (part: Buffer) => (printed += part.toString()));
  try {
    const log = join(directory, "agent/agent.log");
    await until(server, () => printed.includes("listening on ") && textOf(log).includes('"working"'));
    const status = await ended(server, "SIGTERM");
    if (status !== 0) throw new Error(`the server ended with ${status}`);
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n${printed}`);
  } finally {
    await ended(server);
    await removeWithProcesses(directory);
  }
}

const MAIN = join(ROOT, "apps/fleet/cli/src/main.ts");
const PATIENCE_MS = 600_000;

async function until(server: ChildProcess, isSo: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  while (!isSo()) {
    if (server.exitCode !== null || server.signalCode !== null) throw new Error("the server ended too soon");
    if (performance.now() > giveUpAt) throw new Error("the server or its agent did not start");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
