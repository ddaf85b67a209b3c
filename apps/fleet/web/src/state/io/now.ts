/** One clock ticks once a second for everything on the page that shows an age, and only while something looks at it. */

import { useSyncExternalStore } from "react";
import { useReplica } from "../replica-hooks.ts";

/** It returns the time now by the viewer's own clock, in milliseconds. The replica's own times are compared with it. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

/** It returns the time now by the server's clock, in milliseconds. Times that the server wrote down are compared with it. */
export function useServerNow(): number {
  useNow();
  return useReplica().serverNow();
}

const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | null = null;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, 1_000);
  now = Date.now();
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
}

function tick(): void {
  now = Date.now();
  for (const listener of listeners) listener();
}
