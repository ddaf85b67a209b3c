/** The takeover watch says when a node is to take over: nobody writes any more, and it has not tried too often (rule T3). */

import type { Millis } from "@neverstale/base";
import type { Confirmation } from "../store/contract.ts";

/** All times are those of the node's own monotonic clock. Wall clocks are never compared. */
export class TakeoverWatch {
  #seen: Confirmation | null = null;
  /** Neither head nor beat has moved from this time on, over reads that succeeded. */
  #stillSince: Millis = Number.POSITIVE_INFINITY;
  /** It takes over then. It is null while somebody writes. */
  #dueAt: Millis | null = null;
  #triedAt: Millis = Number.NEGATIVE_INFINITY;
  #gapMs: Millis = SHORTEST_GAP_MS;

  /** A read that was asked for at `askedAt` has succeeded `now`. `chance` is drawn anew, in [0, 1). */
  saw(seen: Confirmation, askedAt: Millis, now: Millis, chance: number): void {
    const before = this.#seen;
    this.#seen = seen;
    if (before !== null && hasMoved(before, seen)) {
      this.#stillSince = now;
      this.#dueAt = null;
    }
    this.#stillSince = Math.min(this.#stillSince, now);
    if (askedAt - this.#stillSince < STILL_MS) return;
    this.#dueAt ??= Math.max(now + chance * LONGEST_DRAWN_MS, this.#triedAt + this.#gapMs);
  }

  /** A read failed: what happened meanwhile is not known, so the time begins anew with the next one. */
  failed(): void {
    this.#stillSince = Number.POSITIVE_INFINITY;
    this.#dueAt = null;
  }

  /** The node knows that nobody writes, unless it sees the opposite: it was the writer itself, or nobody has ever been. */
  nobodyWrites(): void {
    this.#stillSince = Number.NEGATIVE_INFINITY;
  }

  isDue(now: Millis): boolean {
    return this.#dueAt !== null && now >= this.#dueAt;
  }

  /** It takes over at this time if nothing moves. It is null while somebody writes. */
  get dueAt(): Millis | null {
    return this.#dueAt;
  }

  /** A takeover has been tried, whatever came of it. The next one waits longer, unless the last one was long ago. */
  tried(now: Millis): void {
    const isLongAgo = now - this.#triedAt > CALM_MS;
    this.#gapMs = isLongAgo ? SHORTEST_GAP_MS : Math.min(2 * this.#gapMs, LONGEST_GAP_MS);
    this.#triedAt = now;
    this.#dueAt = null;
  }
}

function hasMoved(before: Confirmation, now: Confirmation): boolean {
  return (
    before.beat !== now.beat || before.head?.sequence !== now.head?.sequence || before.head?.term !== now.head?.term
  );
}

/** Where neither head nor beat has moved for so long, nobody writes. */
const STILL_MS = 3_000;
const LONGEST_DRAWN_MS = 500;
const SHORTEST_GAP_MS = 1_000;
const LONGEST_GAP_MS = 30_000;
const CALM_MS = 60_000;
