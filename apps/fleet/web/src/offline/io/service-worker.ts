/** The service worker keeps the page's own files in the browser. The build writes the list of them into it: see `vite.config.ts`. */

import { answerFor, cacheName, isOlderCache, scopeMark } from "../kept-files.ts";

declare const KEPT_FILES: readonly string[];
declare const BUILD: string;

/** This file uses so much of a service worker's surroundings. The types of the page are those of a window. */
interface WorkerPlace {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: LastingEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: AskedEvent) => void): void;
}

interface LastingEvent {
  waitUntil(work: Promise<unknown>): void;
}

interface AskedEvent {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

const worker = globalThis as unknown as WorkerPlace;
const { scope } = worker.registration;
const CACHE = cacheName(BUILD + scopeMark(scope));
const FILES: ReadonlySet<string> = new Set(KEPT_FILES);
/** The page itself is kept under the address of its place. */
const PAGE = scope;
/** A server that takes longer to answer may be away. */
const PATIENCE_MS = 3_000;

worker.addEventListener("install", (event) => event.waitUntil(keepAll().then(() => worker.skipWaiting())));

worker.addEventListener("activate", (event) => event.waitUntil(dropOlder().then(() => worker.clients.claim())));

worker.addEventListener("fetch", (event) => {
  const answer = answerFor(event.request, scope, FILES);
  if (answer.type === "page") event.respondWith(newestPage(event.request));
  else if (answer.type === "hashed") event.respondWith(keptOr(scope + answer.path, event.request));
  else if (answer.type === "named") event.respondWith(newestOr(scope + answer.path, event.request));
});

/** All of a build comes before any of it is used. */
async function keepAll(): Promise<void> {
  const cache = await caches.open(CACHE);
  const files = KEPT_FILES.map(
    (path) => new Request(scope + path, { cache: path.startsWith("assets/") ? "default" : "no-cache" }),
  );
  await cache.addAll([new Request(PAGE, { cache: "no-cache" }), ...files]);
}

async function dropOlder(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => isOlderCache(name, BUILD, scope)).map((name) => caches.delete(name)));
}

/** The page that the server has now, or the kept one where it does not answer. A refusal of the server is an answer. */
async function newestPage(request: Request): Promise<Response> {
  const kept = await find(PAGE);
  if (kept === undefined) return fetch(request);
  const late = new Promise<Response>((resolve) => setTimeout(() => resolve(kept), PATIENCE_MS));
  return Promise.race([
    fetch(request)
      .then((answer) => (isAway(answer) ? kept : answer))
      .catch(() => kept),
    late,
  ]);
}

async function keptOr(address: string, request: Request): Promise<Response> {
  return (await find(address)) ?? fetch(request);
}

async function newestOr(address: string, request: Request): Promise<Response> {
  const answer = await fetch(request).catch(() => null);
  if (answer !== null && !isAway(answer)) return answer;
  return (await find(address)) ?? answer ?? Response.error();
}

/** A proxy answers so for a server that is away. */
function isAway({ status }: Response): boolean {
  return status === 502 || status === 503 || status === 504;
}

async function find(address: string): Promise<Response | undefined> {
  return (await caches.open(CACHE)).match(address);
}
