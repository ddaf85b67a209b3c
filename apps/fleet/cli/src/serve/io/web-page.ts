/** The web page is built before a server in the workspace starts. */

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
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

/**
 * The page is written into a folder of this build's own, and published when it is whole: a build that is killed harms nothing. The
 * bundler of a killed server may still write into the folder of that server.
 */
async function build(places: Places, say: (line: string) => void): Promise<void> {
  const { web, dist, work } = places;
  const startedMs = performance.now();
  const startedAt = new Date();
  say("building the web page ...");
  for (const name of readdirSync(work)) if (name.startsWith(UNFINISHED)) remove(join(work, name));
  const vite = join(dirname(createRequire(join(web, "package.json")).resolve("vite/package.json")), "bin/vite.js");
  const whole = mkdtempSync(join(work, UNFINISHED));
  try {
    const built = await runNode([vite, "build", "--logLevel", "error", "--outDir", whole, "--emptyOutDir"], web);
    if (built.code !== 0) return notBuilt(places, built.output, say);
    // A source that was changed during the build is newer than the page, so the next start builds again.
    utimesSync(join(whole, INDEX), startedAt, startedAt);
    publishPage(whole, dist);
  } finally {
    remove(whole);
  }
  say(`built the web page in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
}

/**
 * Puts a whole page in the place of an older one. At each moment the index is there with all that it refers to, because a server may
 * read the page meanwhile. Whoever is killed amid this leaves files that the next build removes.
 */
export function publishPage(whole: string, dist: string): void {
  const files = filesIn(whole);
  const gone = filesIn(dist).filter((file) => !files.includes(file));
  for (const file of [...files.filter((name) => name !== INDEX), INDEX]) {
    mkdirSync(dirname(join(dist, file)), { recursive: true });
    renameSync(join(whole, file), join(dist, file));
  }
  for (const file of gone) rmSync(join(dist, file));
}

/** Returns the paths below `folder`, which need not be there. */
function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)));
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** An older page still works. Without any page a start would only look like success. */
function notBuilt({ dist }: Places, output: string, say: (line: string) => void): void {
  if (!existsSync(join(dist, INDEX)))
    throw new Failure(`the web page can't be built\n${output}`, { hint: "Run npm install, and try again." });
  say(`the web page can't be built, the older one is served\n${output}`);
}

function isOutdated({ workspace, dist }: Places): boolean {
  const page = statSync(join(dist, INDEX), { throwIfNoEntry: false });
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
const INDEX = "index.html";
/** The names of folders with a page that is not whole begin with this. */
const UNFINISHED = "new";

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
