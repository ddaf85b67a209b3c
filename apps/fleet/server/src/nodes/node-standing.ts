/** A node tells those who run it how it stands to the others. */

import type { NodeStatus } from "@neverstale/server";

export interface NodeStanding {
  readonly role: NodeStatus["role"];
  /** It is the epoch of the newest term that the node knows of. */
  readonly term: string | null;
  /** The node has applied so many entries less than it knows of. */
  readonly lag: number;
  /** It asked so many milliseconds ago for what it last learned to be the newest. It is null before the first time. */
  readonly confirmationAge: number | null;
}

export function nodeStandingOf({ role, term, lag, confirmationAgeMs }: NodeStatus): NodeStanding {
  const confirmationAge = Number.isFinite(confirmationAgeMs) ? Math.max(0, Math.round(confirmationAgeMs)) : null;
  return { role, term: term?.epoch ?? null, lag, confirmationAge };
}

/** It returns why clients are better sent to another node, or null (rules N7 and N9). */
export function whyNotReady({ isServing, confirmationAgeMs }: NodeStatus): string | null {
  if (!isServing) return "this node reads the store anew";
  return confirmationAgeMs > CONFIRMED_MS
    ? "this node has not heard for 3 s whether what it holds is the newest"
    : null;
}

const CONFIRMED_MS = 3_000;
