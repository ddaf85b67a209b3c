/** Commands are run here, from the root of the workspace. */

import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** It runs a script by this very Node, and resolves to its exit code. */
export function runScript(
  path: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  return run(process.execPath, [path, ...args], env);
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Here Node keeps what it made of sources, for all processes and threads that a command starts. They start in half the time. */
const COMPILE_CACHE = { NODE_COMPILE_CACHE: join(ROOT, "node_modules/.cache/node-compile") };

/** It returns the environment of a process that shares what Node made of sources. */
export function withCompileCache(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...COMPILE_CACHE, ...env };
}

/**
 * It runs a command with this terminal as its own, and resolves to its exit code. A signal counts as 1. It throws when
 * it can't start.
 */
export function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  const child = spawn(command, args, {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
    env: withCompileCache({ ...process.env, ...env }),
  });
  // Whoever ends this process ends the command first, so that what comes after it is still done.
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, forward);
  return new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  }).finally(() => {
    for (const signal of SIGNALS) process.off(signal, forward);
  });
}
