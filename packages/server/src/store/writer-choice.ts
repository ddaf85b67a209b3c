/**
 * Where commits run: on this thread, which is the shortest way while the disk is quick, or on a thread of their own, so
 * that a slow sync does not hold up the event loop. See docs/decisions/0001-where-the-commit-runs.md.
 */
export interface WriterChoice {
  readonly where: "inline" | "worker";
  /** Inline: rises with slow commits and sinks with quick ones. */
  readonly strain: number;
  /** In the worker: quick commits in a row. Inline: commits since the last switch. */
  readonly run: number;
  /** So many quick commits in a row lead back: twice as many each time, until a long stay inline shows that it was right. */
  readonly patience: number;
}

const SLOW_MS = 2;
/** One commit like this is enough to leave: nobody should wait for a second one. */
const STALL_MS = 10;
/** Quick enough to come back; below `SLOW_MS`, so that a disk at the border does not go to and fro. */
const QUICK_MS = 1.5;
const STRAIN_TO_LEAVE = 3;
const RELIEF = 0.25;
const PATIENCE = 32;
const MOST_PATIENCE = 1_024;
/** Staying inline for so many commits means that coming back was right. */
const SETTLED = 1_000;

export const INLINE: WriterChoice = { where: "inline", strain: 0, run: 0, patience: PATIENCE };

/** The choice after a commit that took so long on the thread where it ran. */
export function afterCommit(choice: WriterChoice, tookMs: number): WriterChoice {
  return choice.where === "inline" ? afterInline(choice, tookMs) : afterWorker(choice, tookMs);
}

function afterInline({ strain, run, patience }: WriterChoice, tookMs: number): WriterChoice {
  const next = strained(strain, tookMs);
  const known = run >= SETTLED ? PATIENCE : patience;
  if (next < STRAIN_TO_LEAVE) return { where: "inline", strain: next, run: run + 1, patience: known };
  return { where: "worker", strain: 0, run: 0, patience: known };
}

function strained(strain: number, tookMs: number): number {
  if (tookMs >= STALL_MS) return STRAIN_TO_LEAVE;
  return tookMs >= SLOW_MS ? strain + 1 : Math.max(0, strain - RELIEF);
}

function afterWorker({ run, patience }: WriterChoice, tookMs: number): WriterChoice {
  const quick = tookMs < QUICK_MS ? run + 1 : 0;
  if (quick < patience) return { where: "worker", strain: 0, run: quick, patience };
  return { where: "inline", strain: 0, run: 0, patience: Math.min(patience * 2, MOST_PATIENCE) };
}
