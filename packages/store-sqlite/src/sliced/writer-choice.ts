/** The writer choice decides where commits run, by how long they take. */

/**
 * Commits run on this thread, which is the shortest way while the disk is quick, or on a thread of their own, so that a slow
 * sync does not hold up the event loop. The choice counts how many commits are slow, not how slow one was, since any disk has
 * a hiccup now and then. See docs/decisions/0001-where-the-commit-runs.md.
 */
export interface WriterChoice {
  readonly where: "inline" | "worker";
  /** Inline it rises with slow commits and sinks with quick ones. In the worker it does the opposite. */
  readonly weight: number;
  /** So many commits were made since the last switch. */
  readonly run: number;
  /** This weight leads back. It doubles each time, until a long stay inline shows that the return was right. */
  readonly patience: number;
}

const SLOW_MS = 2;
/** Two commits that take so long, close together, are enough to leave. */
const STALL_MS = 10;
/** A commit below it is quick enough to come back. It is below `SLOW_MS`, so that a disk at the border does not go to and fro. */
const QUICK_MS = 1.5;
const WEIGHT_TO_LEAVE = 3;
const WEIGHT_OF_STALL = 2;
/** One slow commit in so many is tolerated, inline and on the way back to it. */
const BORNE = 20;
const PATIENCE = 32;
const MOST_PATIENCE = 1_024;
const SETTLED = 1_000;

export const INLINE: WriterChoice = { where: "inline", weight: 0, run: 0, patience: PATIENCE };

/** It returns the choice after a commit that took `tookMs` on the thread where it ran. */
export function afterCommit(choice: WriterChoice, tookMs: number): WriterChoice {
  return choice.where === "inline" ? afterInline(choice, tookMs) : afterWorker(choice, tookMs);
}

function afterInline({ weight, run, patience }: WriterChoice, tookMs: number): WriterChoice {
  const next = tookMs < SLOW_MS ? Math.max(0, weight - 1 / BORNE) : weight + (tookMs < STALL_MS ? 1 : WEIGHT_OF_STALL);
  const known = run >= SETTLED ? PATIENCE : patience;
  if (next < WEIGHT_TO_LEAVE) return { where: "inline", weight: next, run: run + 1, patience: known };
  return { where: "worker", weight: 0, run: 0, patience: known };
}

function afterWorker({ weight, run, patience }: WriterChoice, tookMs: number): WriterChoice {
  const next = tookMs < QUICK_MS ? weight + 1 : Math.max(0, weight - BORNE);
  if (next < patience) return { where: "worker", weight: next, run: run + 1, patience };
  return { where: "inline", weight: 0, run: 0, patience: Math.min(patience * 2, MOST_PATIENCE) };
}
