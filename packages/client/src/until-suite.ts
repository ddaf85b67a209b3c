/** Tests with a real server wait here until a replica is as they want it. */

import type { Replica } from "./replica.ts";

/** It looks at once, and then each time the replica tells of something. */
export function until(sync: Pick<Replica, "subscribe">, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    if (holds()) return resolve();
    const leave = sync.subscribe(() => {
      if (!holds()) return;
      leave();
      resolve();
    });
  });
}
