/** Connections are sent away one after the other, so that they don't all come back at one moment (rule T5). */

import type { Millis } from "@neverstale/base";
import type { Runtime } from "../../runtime/runtime.ts";

/** It takes 20 ms for each, and `longestMs` at most. It resolves when nobody is left. */
export function sendAwayOneByOne<Reader>(
  { runtime, open, sendAway }: Readers<Reader>,
  longestMs: Millis,
): Promise<void> {
  const steps = Math.max(1, Math.floor(longestMs / STEP_MS));
  const atOnce = Math.max(1, Math.ceil([...open()].length / steps));
  return new Promise((resolve) => {
    const step = () => {
      let left = atOnce;
      for (const reader of open()) {
        if (left === 0) return void runtime.after(STEP_MS, step);
        left -= 1;
        sendAway(reader);
      }
      resolve();
    };
    step();
  });
}

interface Readers<Reader> {
  readonly runtime: Pick<Runtime, "after">;
  /** It may be walked over while readers leave. */
  readonly open: () => Iterable<Reader>;
  readonly sendAway: (reader: Reader) => void;
}

const STEP_MS = 20;
/** A drain takes no longer, however many there are. */
export const SPREAD_MS: Millis = 5_000;
