/** A node that starts beside the first writer waits until that one has made the key of all. */

import { setTimeout as delay } from "node:timers/promises";
import type { FleetManager } from "../../fleet/state.ts";
import { StartFailure } from "../../process/start-failure.ts";
import { sharedKeyIn } from "../shared-key.ts";

export async function foundKey(manager: FleetManager): Promise<Buffer> {
  const until = performance.now() + LONGEST_MS;
  for (let key = sharedKeyIn(manager); ; key = sharedKeyIn(manager)) {
    if (key !== null) return Buffer.from(key, "base64url");
    if (performance.now() >= until)
      throw new StartFailure("no node has made the key that all nodes share", "Look why the other nodes can't write.");
    await delay(LOOK_MS);
  }
}

const LONGEST_MS = 15_000;
const LOOK_MS = 25;
