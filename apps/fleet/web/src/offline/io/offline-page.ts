/** The page asks the browser to keep its own files, and learns from it when the server has a newer build of them. */

import { useSyncExternalStore } from "react";
import { serverPath } from "../../state/io/base-path.ts";

const listeners = new Set<() => void>();
let isNewer = false;
let registration: ServiceWorkerRegistration | null = null;

/** Where a browser has no service worker, as on a page that came over plain HTTP, the page opens only while the server is there. */
export function keepPage(): void {
  const { serviceWorker } = navigator;
  if (!import.meta.env.PROD || serviceWorker === undefined) return;
  const hadOne = serviceWorker.controller !== null;
  serviceWorker.addEventListener("controllerchange", () => {
    if (!hadOne) return; // This page came before the first worker, with the build that it keeps.
    isNewer = true;
    for (const listener of listeners) listener();
  });
  const scope = serverPath("/");
  serviceWorker.register(serverPath("/service-worker.js"), { scope, updateViaCache: "none" }).then(
    (registered) => {
      registration = registered;
    },
    () => {}, // The page goes on without it.
  );
}

/** Called when the server may be another one than before: after each new run of it. */
export function lookForNewerPage(): void {
  registration?.update().catch(() => {});
}

/** It is true when the server has a newer build than this page, which a reload takes. */
export function useNewerPage(): boolean {
  return useSyncExternalStore(subscribe, () => isNewer);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
