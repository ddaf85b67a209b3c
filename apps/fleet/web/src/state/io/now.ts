import { useSyncExternalStore } from "react";
import { useReplica } from "../replica-hooks.ts";

/**
 * One clock for everything on the page that shows an age: it ticks once a second, for all at once, and only while
 * something looks at it.
 */
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

/** The time now on the server's clock, in milliseconds: what times that the server wrote down are compared with. */
export function useServerNow(): number {
  useNow();
  return useReplica().serverNow();
}

/** The time now, by the viewer's own clock, in milliseconds: what the replica's own times are compared with. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}
