/** Versions are lost when the store came back without them: nobody is resumed from there (rule N9). */

import type { Space } from "../../space/space.ts";
import type { ChainState } from "./chain-state.ts";

/** It counts the versions that a node held, and that the history it has reloaded does not hold. */
export function versionsLost(before: ChainState, now: ChainState): number {
  let lost = 0;
  for (const space of before.spaces.values()) {
    const { name, head } = space;
    lost += head - inCommon(space, now.spaces.get(name), before.spaces.epochs.newest(Number.POSITIVE_INFINITY));
  }
  return lost;
}

/** Up to this version both histories are the same. A space that has ended properly is not lost. */
function inCommon(before: Space, now: Space | null, epochs: readonly string[]): number {
  if (now === null || now.creationId !== before.creationId) return before.head;
  for (const epoch of [...epochs].reverse()) {
    const last = now.lineage.lastVersion(epoch, now.head);
    const lastBefore = before.lineage.lastVersion(epoch, before.head);
    if (last !== null && lastBefore !== null) return Math.min(last, lastBefore);
  }
  return 0;
}
