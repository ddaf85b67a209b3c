/** At the start, whatever is beyond a `keep` leaves by ordinary changes, before anyone is served (rule E6). */

import type { Limits } from "../../limits/limits.ts";
import { BoundsSeen, Tally } from "../../limits/tally.ts";
import type { AgeClock } from "../../runtime/age-clock.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { KeepIndexes } from "../../space/keep-index.ts";
import type { Space } from "../../space/space.ts";
import { SpaceDraft } from "../../space/space-draft.ts";
import { type Store, StoreFailure } from "../../store/contract.ts";
import { outcomeUnknown, storeUnavailable } from "../told-failures.ts";

/**
 * A release may keep fewer records than the one before it. What is too many leaves by transactions of the new epoch, each of them
 * within the bounds of a transaction. After a crash in between the next start goes on with it.
 */
export async function bringAboutKeep(spaces: Iterable<Space>, atOpen: AtOpen): Promise<void> {
  for (const space of spaces) while (await evictOnce(space, atOpen));
}

export interface AtOpen {
  readonly term: Pick<Store, "commit">;
  readonly runtime: Runtime;
  readonly ages: AgeClock;
  readonly limits: Limits;
  readonly keepIndexes: KeepIndexes;
  readonly epoch: string;
}

/** It returns false when there was nothing to evict. */
async function evictOnce(space: Space, { term, runtime, ages, limits, keepIndexes, epoch }: AtOpen): Promise<boolean> {
  const at = runtime.wallTime();
  const draft = new SpaceDraft(space, false, at, new Tally(limits, new BoundsSeen()), keepIndexes.of(space));
  draft.evictSome();
  if (draft.changes.length === 0) return false;
  const { history } = draft;
  const group = { at, ageAt: ages.read(at), spaces: [draft.toCommit(epoch)], history, answers: [] };
  await committed(() => term.commit(group));
  draft.commit(epoch, limits.tombstones);
  return true;
}

async function committed(commit: () => void | Promise<void>): Promise<void> {
  try {
    await commit();
  } catch (error) {
    const nothingMoved = error instanceof StoreFailure && error.outcome === "nothing_moved";
    throw nothingMoved ? storeUnavailable(error) : outcomeUnknown(error);
  }
}
