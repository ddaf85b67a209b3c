/** The agent waits after a request that was not answered: longer after each one, and never at once. */

import type { Backoff } from "@neverstale/base";

export const RETRY_BACKOFF: Backoff = {
  firstMs: 500,
  /** This is well below the time after which the server calls a silent host offline. */
  longestMs: 5_000,
  floorMs: 250,
};
