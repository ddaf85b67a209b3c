/** A step moves a live connection to the epoch of a takeover, before anything of the new run reaches it (rule E7). */

import type { Cursor } from "./cursor.ts";
import type { HeadFrames } from "./frames/head-frames.ts";
import type { HubParts } from "./hub-parts.ts";

export class Steps {
  readonly #parts: HubParts;
  readonly #headFrames: HeadFrames;
  /** It takes no steps, so it comes back to be told the epoch. */
  readonly #sendAway: (cursor: Cursor) => void;

  constructor(parts: HubParts, headFrames: HeadFrames, sendAway: (cursor: Cursor) => void) {
    this.#parts = parts;
    this.#headFrames = headFrames;
    this.#sendAway = sendAway;
  }

  /** The reader was told an epoch that is over. The plain profile tells none. */
  isDue({ epoch }: Cursor): boolean {
    return epoch !== null && epoch !== this.#parts.groups.epoch;
  }

  /** It returns false when something is left for the cursor: a step, or what gave way to it. */
  tookOver(cursor: Cursor): boolean {
    const gaveWay = cursor.takeBack();
    return this.take(cursor) && !gaveWay;
  }

  /**
   * Puts the step that is due, or ends a connection that takes none. It returns false when the socket is full, or
   * when the node could not vouch for what the step says (rule N4): one step is owed then, to whatever epoch is the newest when it
   * goes. A message that goes in parts is put to its end first, once a part of it has been put.
   */
  take(cursor: Cursor): boolean {
    if (cursor.closed || !this.isDue(cursor)) return true;
    const { groups, knowledge, metrics } = this.#parts;
    if (!cursor.steps) {
      metrics.withoutSteps += 1;
      this.#sendAway(cursor);
      return true;
    }
    if (cursor.underWay !== null) return true;
    if (cursor.wire.congested || !knowledge.mayVouch) return false;
    cursor.epoch = groups.epoch;
    metrics.steps += 1;
    cursor.put(this.#headFrames.step(cursor.position).frame, 1, metrics);
    return true;
  }
}
