/** The runtime of Node is this machine's clock, randomness and timers. */

import { createHmac, randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import type { Runtime } from "../runtime.ts";

export function nodeRuntime(): Runtime {
  const load = loopLoad();
  return {
    now: () => performance.now(),
    wallTime: () => Date.now(),
    newId: () => randomBytes(16).toString("base64url"),
    authenticate: (secret, text) => {
      return createHmac("sha256", secret).update(text).digest().subarray(0, 16).toString("base64url");
    },
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs);
      return { cancel: () => clearTimeout(timer) };
    },
    soon: (run) => {
      setImmediate(run);
    },
    loopUtilization: load,
  };
}

/** The load of the event loop is read so often. */
const LOAD_MS = 50;

/** It tells the utilisation over the last while, which is read anew when it is older than `LOAD_MS`. */
function loopLoad(): () => number {
  let before = performance.eventLoopUtilization();
  let readAt = performance.now();
  let utilization = 0;
  return () => {
    const now = performance.now();
    if (now - readAt < LOAD_MS) return utilization;
    const current = performance.eventLoopUtilization();
    utilization = performance.eventLoopUtilization(current, before).utilization;
    before = current;
    readAt = now;
    return utilization;
  };
}
