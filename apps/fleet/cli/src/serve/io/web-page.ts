/** The web page is built before a server in the workspace starts. */

import { spawn } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Failure } from "../../command-line/failure.ts";

/** Builds the page when there is none, or when it is older than its sources. In a published package it is built already. */
export async function buildWebPage(say: (line: string) => void): Promise<void> {
  if (!existsSync(join(WEB, "src")) || !isOutdated()) return;
  const startedMs = performance.now();
  say("building the web page ...");
  const vite = join(dirname(createRequire(join(WEB, "package.json")).resolve("vite/package.json")), "bin/vite.js");
  const built = await runNode([vite, "build", "--logLevel", "error"]);
  if (built.code !== 0) return notBuilt(built.output, say);
  say(`built the web page in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
}

/** An older page still works. Without any page a start would only look like success. */
function notBuilt(output: string, say: (line: string) => void): void {
  if (!existsSync(PAGE))
    throw new Failure(`the web page can't be built\n${output}`, { hint: "Run npm install, and try again." });
  say(`the web page can't be built, the older one is served\n${output}`);
}

function isOutdated(): boolean {
  const page = statSync(PAGE, { throwIfNoEntry: false });
  return page === undefined || SOURCES.some((path) => newestMs(join(WORKSPACE, path)) > page.mtimeMs);
}

/** Returns when the newest file below `path` was changed. Tests don't count. */
function newestMs(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return 0;
  if (!found.isDirectory()) return /\.test\.tsx?$/.test(path) ? 0 : found.mtimeMs;
  return readdirSync(path).reduce((newest, name) => Math.max(newest, newestMs(join(path, name))), 0);
}

function runNode(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    // A page of the tests must be the one that users get, whatever starts the build.
    const env = { ...process.env, NODE_ENV: "production" };
    const child = spawn(process.execPath, args, { cwd: WEB, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (output += part.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output: output.slice(-4_000) }));
  });
}

const WORKSPACE = fileURLToPath(new URL("../../../../../..", import.meta.url));
const WEB = join(WORKSPACE, "apps/fleet/web");
const PAGE = join(WEB, "dist/index.html");
/** The page is made of these. */
const SOURCES = [
  "apps/fleet/web/src",
  "apps/fleet/web/public",
  "apps/fleet/web/index.html",
  "apps/fleet/web/package.json",
  "apps/fleet/web/vite.config.ts",
  "apps/fleet/client/src",
  "apps/fleet/domain/src",
  "packages/base/src",
  "packages/protocol/src",
  "packages/client/src",
  "packages/react/src",
];
