/** The browser keeps the page's own files, and this says how each request is answered, so that the page opens while the server is away. */

import { PAGE_SCREENS } from "@neverstale/fleet-domain/schema-free";

/** The name of a cache has the build in it, so that a page never mixes the files of two builds. */
export function cacheName(build: string): string {
  return `${CACHES}${build}`;
}

/** Another fleet of this origin, below another path, has caches of its own. */
export function isOlderCache(name: string, build: string, scope: string): boolean {
  return name.startsWith(CACHES) && name.endsWith(scopeMark(scope)) && name !== cacheName(build + scopeMark(scope));
}

/** It stands at the end of the names of all caches of one fleet. */
export function scopeMark(scope: string): string {
  return ` ${scope}`;
}

const CACHES = "neverstale-page ";

export interface PageRequest {
  readonly method: string;
  /** `navigate` means that the browser opens a page. */
  readonly mode: string;
  readonly url: string;
}

export type FileAnswer =
  /** The newest page is asked for, so that no build is shown longer than it is served. The kept one is for when nobody answers. */
  | { readonly type: "page" }
  /** A file whose name changes with its content: the kept one is as good as any. */
  | { readonly type: "hashed"; readonly path: string }
  /** A file that keeps its name. */
  | { readonly type: "named"; readonly path: string }
  /** It is the server's alone: no answer of it is ever kept. */
  | { readonly type: "server" };

/** `scope` is the address of the page's own place, with a slash at its end, and `files` are the names of the page's files below it. */
export function answerFor(request: PageRequest, scope: string, files: ReadonlySet<string>): FileAnswer {
  const url = new URL(request.url);
  if (request.method !== "GET" || !`${url.origin}${url.pathname}`.startsWith(scope)) return SERVER;
  const path = `${url.origin}${url.pathname}`.slice(scope.length);
  if (request.mode === "navigate") return isScreenPath(path) ? { type: "page" } : SERVER;
  if (!files.has(path)) return SERVER;
  return path.startsWith("assets/") ? { type: "hashed", path } : { type: "named", path };
}

const SERVER: FileAnswer = { type: "server" };

/** The server has the same rule (C29): a screen stands alone, or with the record that is open on it. */
function isScreenPath(path: string): boolean {
  const [screen = "", record, ...more] = path.split("/");
  return screen === "" ? record === undefined : SCREENS.has(screen) && more.length === 0 && record !== "";
}

const SCREENS: ReadonlySet<string> = new Set(PAGE_SCREENS);
