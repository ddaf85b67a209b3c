/** This environment is made of globals only: for a page, a worker, or a Node program that needs no headers of its own. */

import type { Timer } from "@neverstale/base";
import { SyncError } from "@neverstale/protocol";
import type { ConnectionEvents } from "../../transport/transport.ts";
import { adoptSocket } from "../../transport/websocket/io/socket.ts";
import type { ClientSocket, Environment, EnvironmentSignal } from "../environment.ts";
import { requestWith } from "./http.ts";
import { inflateStream } from "./inflate.ts";
import { isProduction } from "./production.ts";

export function browserEnvironment(): Environment {
  return {
    now: () => performance.now(),
    wallTime: () => Date.now(),
    chance: () => Math.random(),
    newId: randomId,
    freezes: !isProduction(),
    after,
    baseUrl: typeof location === "undefined" ? null : location.href,
    openSocket,
    loadFallback: async () => (await import("./browser-fallback.ts")).browserFallback,
    request: requestWith((input, init) => fetch(input, init)),
    inflate: (bytes, maxBytes) => inflateStream(bytes as Uint8Array<ArrayBuffer>, maxBytes),
    isSeen: () => typeof document !== "undefined" && document.visibilityState === "visible",
    watch: watchPage,
  };
}

/** An id has 128 bits. `crypto.randomUUID` is missing on pages that came over plain HTTP. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function after(delayMs: number, run: () => void): Timer {
  const timer = setTimeout(run, delayMs);
  return { cancel: () => clearTimeout(timer) };
}

function openSocket(url: string, protocols: readonly string[], events: ConnectionEvents): ClientSocket {
  if (typeof WebSocket === "undefined") throw noWebSocket();
  return adoptSocket(new WebSocket(url, [...protocols]), events);
}

function noWebSocket(): SyncError {
  return new SyncError("unreachable", "there is no WebSocket here", {
    hint: "Give `io: nodeEnvironment({ WebSocket })` of the package ws.",
  });
}

/** It tells of the signs of a wake-up (rule R5), and of a page that is put aside: with an open socket it would not be kept (bfcache). */
function watchPage(tell: (signal: EnvironmentSignal) => void): () => void {
  if (typeof window === "undefined" || typeof document === "undefined") return () => {};
  const stop = new AbortController();
  const awake = (): void => tell("awake");
  const on = (target: EventTarget, type: string, run: (event: PageTransitionEvent) => void): void =>
    target.addEventListener(type, run as (event: Event) => void, { signal: stop.signal });
  on(document, "visibilitychange", () => document.visibilityState === "visible" && awake());
  on(document, "resume", awake);
  on(window, "pageshow", ({ persisted }) => persisted && awake());
  on(window, "pagehide", ({ persisted }) => persisted && tell("suspended"));
  for (const signal of ["online", "offline"] as const) on(window, signal, () => tell(signal));
  if (!navigator.onLine) tell("offline");
  return () => stop.abort();
}
