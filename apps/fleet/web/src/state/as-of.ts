/** Everything that is shown has an age, and this says in words how old it is. */

import type { SyncView } from "@neverstale/client";
import { clock, span } from "./format.ts";

/**
 * A value on screen belongs to the nearest element around it with `data-as-of`, in which its age stands (class `age`). The kinds:
 * `state` is what the page follows and is as old as its last confirmation, `reading` was told by a host at its own time, and `answer` was
 * asked for apart, and is as old as that.
 */
export const AS_OF = {
  state: { "data-as-of": "state" },
  reading: { "data-as-of": "reading" },
  answer: { "data-as-of": "answer" },
} as const;

/** It gives `as of 14:02:11, 38 s ago`. */
export function asOfWords(at: number, now: number): string {
  return `as of ${clock(at, now)}, ${span(now - at)} ago`;
}

export interface HeldState {
  readonly view: SyncView;
  /** Null means that nothing was ever confirmed. */
  readonly confirmedAgeMs: number | null;
}

/** It is null while the page is live, and while there is nothing that could be old. */
export function oldStateWords({ view, confirmedAgeMs }: HeldState, now: number): string | null {
  const { status, epoch, lastConfirmedAt } = view;
  if (status.type === "live" || status.type === "signed_out" || epoch === null) return null;
  if (lastConfirmedAt === null || confirmedAgeMs === null) return "Nobody has confirmed yet that what is shown is so.";
  return `Not live: what is shown was so at ${clock(lastConfirmedAt, now)}, ${span(confirmedAgeMs)} ago.`;
}
