/** The built web page is read once and served from memory. */

import { createHash } from "node:crypto";
import { type Dirent, readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { gzipSync } from "node:zlib";
import { MOVED_SCREENS, PAGE_SCREENS } from "@neverstale/fleet-domain";
import { RequestRefusal } from "../../fleet/refusal.ts";
import type { Answer, Ask, Route } from "../route.ts";

/** A request only looks up a name in a map. No path is ever joined (C29). */
export function staticRoutes(directory: string, basePath: string): Route[] {
  const files = readFiles(directory);
  const index = below(basePath, files.get("/index.html") ?? notBuilt());
  return [
    { ...READ, path: "/", handle: (ask) => send(index, ask) },
    {
      ...READ,
      path: "/*",
      handle: (ask) => {
        const path = `/${ask.params["*"] ?? ""}`;
        const file = files.get(path);
        if (file !== undefined) return send(file, ask);
        if (isScreen(path)) return send(index, ask);
        throw new RequestRefusal("not_found", `there is no GET ${path}`);
      },
    },
  ];
}

const READ = { method: "GET", allow: "anyone", withoutState: true } as const;

interface StaticFile {
  readonly type: string;
  readonly etag: string;
  readonly plain: Buffer;
  readonly gzip: Buffer | null;
  readonly cacheControl: string;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".webmanifest": "application/manifest+json",
  ".json": "application/json",
  ".txt": "text/plain; charset=utf-8",
};

/** A screen stands alone, or with the one record that is open on it. Nothing else looks like a page (C29). */
function isScreen(path: string): boolean {
  const [nothing, screen = "", record, ...more] = path.split("/");
  return nothing === "" && SCREENS.has(screen) && more.length === 0 && (record === undefined || isRecord(record));
}

const SCREENS: ReadonlySet<string> = new Set([...PAGE_SCREENS, ...Object.keys(MOVED_SCREENS)]);

function isRecord(part: string): boolean {
  return part.length <= 200 && part !== "." && part !== ".." && !hasControls(part);
}

function hasControls(text: string): boolean {
  return [...text].some((letter) => letter < " " || letter === "\\" || letter === "\u007f");
}

function send(file: StaticFile, ask: Ask<unknown>): Answer {
  const headers = { "cache-control": file.cacheControl, etag: file.etag, vary: "accept-encoding" };
  if (ask.headers["if-none-match"] === file.etag) return { status: 304, headers };
  const typed = { ...headers, "content-type": file.type };
  const takesGzip = /\bgzip\b/.test(String(ask.headers["accept-encoding"] ?? ""));
  if (file.gzip === null || !takesGzip) return { headers: typed, body: file.plain };
  return { headers: { ...typed, "content-encoding": "gzip" }, body: file.gzip };
}

/**
 * A build may replace the page meanwhile. It replaces the index when what that refers to is there, and removes older files after
 * that. So what was read is whole when the index has stayed the same.
 */
function readFiles(directory: string): ReadonlyMap<string, StaticFile> {
  for (;;) {
    const before = indexMark(directory);
    const files = readFilesOnce(directory);
    if (files !== null && indexMark(directory) === before) return files;
  }
}

/** Returns what tells this index from another one, or null where there is none. */
function indexMark(directory: string): string | null {
  const found = statSync(join(directory, "index.html"), { throwIfNoEntry: false });
  return found === undefined ? null : `${found.ino} ${found.size} ${found.mtimeMs}`;
}

/** Returns null when a file was removed meanwhile. */
function readFilesOnce(directory: string): ReadonlyMap<string, StaticFile> | null {
  const files = new Map<string, StaticFile>();
  for (const entry of entriesOf(directory)) {
    const path = join(entry.parentPath, entry.name);
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const name = `/${relative(directory, path).split(sep).join("/")}`;
    const content = readIfThere(path);
    if (content === null) return null;
    files.set(name, staticFile(content, type, name.startsWith("/assets/")));
  }
  return files;
}

function readIfThere(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true });
  } catch {
    return []; // The page was not built, which it says itself.
  }
}

/** Files under /assets/ carry a hash in their name. */
function staticFile(plain: Buffer, type: string, isHashed: boolean): StaticFile {
  const packed = /^(text|application|image\/svg)/.test(type) ? gzipSync(plain) : null;
  return {
    type,
    etag: `"${createHash("sha256").update(plain).digest("base64url").slice(0, 22)}"`,
    plain,
    gzip: packed !== null && packed.length < plain.length ? packed : null,
    cacheControl: isHashed ? "public, max-age=31536000, immutable" : "no-cache",
  };
}

/** Below a path the page is told so, and loads what it needs from there. */
function below(basePath: string, index: StaticFile): StaticFile {
  if (basePath === "") return index;
  const html = index.plain
    .toString()
    .replaceAll(/\b(href|src)="\//g, `$1="${basePath}/`)
    .replace("<meta charset", `<meta name="neverstale:base-path" content="${basePath}" /><meta charset`);
  return staticFile(Buffer.from(html), index.type, false);
}

function notBuilt(): StaticFile {
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Neverstale</title>
<h1>The web page has not been built</h1>
<p>The server is running. Stop it, run <code>npm run build --workspace @neverstale/fleet-web</code>, and start it again.</p></html>`;
  return { ...staticFile(Buffer.from(html), TYPES[".html"] ?? "", false), gzip: null };
}
