/** The browser tests find a Chromium here and launch it. */

import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium } from "playwright-core";

/**
 * It tries in this order: `NEVERSTALE_CHROMIUM`, a browser on PATH or in the usual places, the one that `@sparticuz/chromium`
 * brings along, the system's package manager. When none of them works it throws, with the command to run: a browser test is never
 * skipped.
 */
export async function launchChromium(): Promise<Browser> {
  const found = await findChromium();
  return chromium.launch({
    executablePath: found.executable,
    args: [...FLAGS, ...(isRoot() ? ["--no-sandbox"] : []), ...found.flags],
    env: { ...stringEnvironment(), ...found.environment },
  });
}

/** Every page of a test is opened with this: `@sparticuz/chromium` has no usable locale of its own. */
export const CONTEXT: BrowserContextOptions = {
  locale: "en-US",
  timezoneId: "Europe/Berlin",
  viewport: { width: 1360, height: 850 },
  reducedMotion: "reduce",
};

export interface FoundChromium {
  readonly executable: string;
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export async function findChromium(): Promise<FoundChromium> {
  const named = process.env.NEVERSTALE_CHROMIUM;
  if (named !== undefined && named !== "") {
    if (!isExecutable(named)) throw new Error(`NEVERSTALE_CHROMIUM names ${named}, which can't be run`);
    return plain(named);
  }
  const installed = installedChromium();
  if (installed !== null) return plain(installed);
  const bundled = await bundledChromium();
  if (bundled !== null) return bundled;
  const added = addedByPackageManager();
  if (added !== null) return plain(added);
  throw new Error(
    "the browser tests need a Chromium and found none. Install one (`sudo apt-get install chromium`, or your system's " +
      "way), or name one: NEVERSTALE_CHROMIUM=/path/to/chrome npm test",
  );
}

function plain(executable: string): FoundChromium {
  return { executable, flags: [], environment: {} };
}

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "msedge"];

const USUAL_PLACES = [
  "/usr/bin/chromium",

  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];

function installedChromium(): string | null {
  const suffix = process.platform === "win32" ? ".exe" : "";
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const onPath = NAMES.flatMap((name) => folders.map((folder) => join(folder, name + suffix)));
  return [...onPath, ...USUAL_PLACES].find(isExecutable) ?? null;
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** It returns null where the package is missing, is for another processor, or its browser needs a library that this system lacks. */
async function bundledChromium(): Promise<FoundChromium | null> {
  const folder = await unpackedChromium().catch(() => null);
  if (folder === null) return null;
  const executable = join(folder, "chromium");
  const starts = spawnSync(executable, ["--headless", "--no-sandbox", "--version"], { timeout: 30_000 }).status === 0;
  if (!starts) return null;
  const environment = existsSync("/etc/fonts/fonts.conf") ? {} : { FONTCONFIG_PATH: join(folder, "fonts") };
  return { executable, flags: ["--no-sandbox"], environment };
}

/**
 * The package unpacks into the temporary directory, and uses whatever copy it finds there, of any version. So it gets a folder of
 * its own per version, which is made aside and moved into place: two workers may come here at once.
 */
async function unpackedChromium(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve("@sparticuz/chromium");
  const description: { version: string } = JSON.parse(await readFile(join(dirname(entry), "../package.json"), "utf8"));
  const folder = join(tmpdir(), `neverstale-chromium-${description.version}`);
  if (existsSync(join(folder, "chromium"))) return folder;

  const aside = await mkdtemp(join(tmpdir(), "neverstale-chromium-"));
  const usual = process.env.TMPDIR;
  process.env.TMPDIR = aside;
  try {
    const { default: bundle } = await import("@sparticuz/chromium");
    await bundle.executablePath();
  } finally {
    if (usual === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = usual;
  }
  await rename(aside, folder).catch(() => rm(aside, { recursive: true }));
  return folder;
}

function addedByPackageManager(): string | null {
  if (!isRoot() || !isExecutable("/usr/bin/apt-get")) return null;
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync("apt-get", ["update"], { env: environment, timeout: 120_000 });
  spawnSync("apt-get", ["install", "-y", "--no-install-recommends", "chromium"], {
    env: environment,
    timeout: 600_000,
  });
  return installedChromium();
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function stringEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/**
 * It stops the processes of all pages, as a machine that sleeps does. The developer tools can set a life cycle too, but that stops
 * nothing in a page that is seen. It returns a function that lets the pages go on.
 */
export async function freezePages(browser: Browser): Promise<() => void> {
  const devtools = await browser.newBrowserCDPSession();
  const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
  const pages = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
  // Where all of the browser is one process, all of it sleeps.
  const stopped = pages.length > 0 ? pages : processInfo.filter(({ type }) => type === "browser").map(({ id }) => id);
  for (const id of stopped) process.kill(id, "SIGSTOP");
  return () => {
    for (const id of stopped) process.kill(id, "SIGCONT");
  };
}
