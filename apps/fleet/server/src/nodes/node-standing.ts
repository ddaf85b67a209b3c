/** A node tells those who run it how it stands to the others. */

import type { NodeStatus } from "@neverstale/server";
import { RequestRefusal } from "../fleet/refusal.ts";

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

/**
 * A node that can't know whether it holds the newest answers nothing from its state, and turns nobody away by it (rules N7 and N9).
 * It returns the refusal in the place of such an answer, or null.
 */
export function refusalOfNode(node: NodeStatus | null): RequestRefusal | null {
  const why = node === null ? null : whyNotReady(node);
  if (why === null) return null;
  return new RequestRefusal("store_unavailable", why, { retryAfterS: 1, hint: "Go to another node meanwhile." });
}

function whyNotReady({ isServing, confirmationAgeMs }: NodeStatus): string | null {
  if (!isServing) return "this node reads the store anew";
  return confirmationAgeMs > CONFIRMED_MS
    ? "this node has not heard for 3 s whether what it holds is the newest"
    : null;
}

const CONFIRMED_MS = 3_000;
