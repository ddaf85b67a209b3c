/** The web page is built before a server in the workspace starts. */

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type FileLock, lockFile } from "@neverstale/base/node";
import { Failure } from "../../command-line/failure.ts";

/**
 * Builds the page when there is none, or when it is older than its sources. In a published package it is built already. Of several
 * processes that start at once, one builds the page, and the others wait for it: no server reads a page that is being written.
 */
export async function buildWebPage(say: (line: string) => void, workspace: string = WORKSPACE): Promise<void> {
  const places = placesIn(workspace);
  if (!existsSync(join(places.web, "src")) || !isOutdated(places)) return;
  mkdirSync(places.work, { recursive: true });
  const lock = await takeTurn(join(places.work, "lock"), say);
  try {
    if (isOutdated(places)) await build(places, say);
  } finally {
    lock.release();
  }
}

/** The operating system ends the turn of a process that dies. */
async function takeTurn(path: string, say: (line: string) => void): Promise<FileLock> {
  for (let isFirst = true; ; isFirst = false) {
    const lock = lockFile(path);
    if (!("heldBy" in lock)) return lock;
    if (isFirst) say(`process ${lock.heldBy} is building the web page; waiting for it ...`);
    await setTimeout(LOOK_AGAIN_MS);
  }
}

/** The page is written beside the older one, and takes its place when it is whole: a build that is killed harms nothing. */
async function build(places: Places, say: (line: string) => void): Promise<void> {
  const { web, dist, work } = places;
  const startedMs = performance.now();
  say("building the web page ...");
  const vite = join(dirname(createRequire(join(web, "package.json")).resolve("vite/package.json")), "bin/vite.js");
  const whole = join(work, "new");
  const built = await runNode([vite, "build", "--logLevel", "error", "--outDir", whole, "--emptyOutDir"], web);
  if (built.code !== 0) return notBuilt(places, built.output, say);
  const older = join(work, "older");
  rmSync(older, { recursive: true, force: true });
  if (existsSync(dist)) renameSync(dist, older);
  renameSync(whole, dist);
  rmSync(older, { recursive: true, force: true });
  say(`built the web page in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
}

/** An older page still works. Without any page a start would only look like success. */
function notBuilt({ dist }: Places, output: string, say: (line: string) => void): void {
  if (!existsSync(join(dist, "index.html")))
    throw new Failure(`the web page can't be built\n${output}`, { hint: "Run npm install, and try again." });
  say(`the web page can't be built, the older one is served\n${output}`);
}

function isOutdated({ workspace, dist }: Places): boolean {
  const page = statSync(join(dist, "index.html"), { throwIfNoEntry: false });
  return page === undefined || SOURCES.some((path) => newestMs(join(workspace, path)) > page.mtimeMs);
}

/** Returns when the newest file below `path` was changed. Tests don't count. */
function newestMs(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return 0;
  if (!found.isDirectory()) return /\.test\.tsx?$/.test(path) ? 0 : found.mtimeMs;
  return readdirSync(path).reduce((newest, name) => Math.max(newest, newestMs(join(path, name))), 0);
}

function runNode(args: readonly string[], cwd: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    // A page of the tests must be the one that users get, whatever starts the build.
    const env = { ...process.env, NODE_ENV: "production" };
    const child = spawn(process.execPath, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (output += part.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output: output.slice(-4_000) }));
  });
}

const WORKSPACE = fileURLToPath(new URL("../../../../../..", import.meta.url));
const LOOK_AGAIN_MS = 200;

interface Places {
  readonly workspace: string;
  readonly web: string;
  /** The server reads the page from here. */
  readonly dist: string;
  /** The lock is kept here, and a page that is not whole yet. */
  readonly work: string;
}

function placesIn(workspace: string): Places {
  const web = join(workspace, "apps/fleet/web");
  return { workspace, web, dist: join(web, "dist"), work: join(workspace, ".cache/web-page") };
}

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
