/** A list of hosts is looked through soon after a change, and not much more often than somebody can read it. */

import type { Later } from "../followed-hosts.ts";

export function sampled(): Later {
  let last = Number.NEGATIVE_INFINITY;
  return (everyMs, run) => {
    const timer = setTimeout(
      () => {
        last = performance.now();
        run();
      },
      Math.max(0, last + everyMs - performance.now()),
    );
    return () => clearTimeout(timer);
  };
}
