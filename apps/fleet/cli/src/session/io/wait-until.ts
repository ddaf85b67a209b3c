/** Commands wait until a replica shows what they look for. */

import type { StateSync } from "@neverstale/client";

/** Waits until it is so, or until the signal aborts. */
export function waitUntil(
  sync: Pick<StateSync, "subscribe">,
  isTrue: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (!isTrue() && !signal.aborted) return;
      unsubscribe();
      resolve();
    };
    const unsubscribe = sync.subscribe(check);
    signal.addEventListener("abort", check, { once: true });
    check();
  });
}
