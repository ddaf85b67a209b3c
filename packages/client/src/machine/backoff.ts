/** After a failure the client waits before it tries again by itself (rule R6). */

import type { Backoff } from "@neverstale/base";

export const BACKOFF: Backoff = { firstMs: 500, longestMs: 30_000 };

/** While somebody may be looking, the waits stay short. */
export const BACKOFF_WHILE_SEEN: Backoff = { firstMs: 500, longestMs: 5_000 };
