/** Before the first call of a term, the main space is made where there is none, and what is beyond a `keep` leaves (rule E6). */

import { BoundsSeen, Tally } from "../../limits/tally.ts";
import type { AgeClock } from "../../runtime/age-clock.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { KeepIndexes } from "../../space/keep-index.ts";
import type { Space } from "../../space/space.ts";
import { SpaceDraft } from "../../space/space-draft.ts";
import { MAIN_SPACE } from "../../space/space-models.ts";
import type { Spaces } from "../../space/spaces.ts";
import { movedKeys } from "../../space/views/moved-keys.ts";
import { PROOFS_SECRET, SECRETS_SPACE, secretsModel } from "../../space/views/secrets-space.ts";
import { StoreFailure } from "../../store/contract.ts";
import type { Feed } from "../feed.ts";
import { outcomeUnknown, storeUnavailable } from "../told-failures.ts";
import type { WritingTerm } from "../writer.ts";

export interface BeginningTerm {
  readonly term: Pick<WritingTerm, "commit" | "taken">;
  readonly spaces: Spaces;
  readonly feed: Feed;
  readonly runtime: Runtime;
  readonly ages: AgeClock;
  readonly keepIndexes: KeepIndexes;
}

/** The main space is there from the first takeover on. */
export async function createMain(beginning: BeginningTerm): Promise<void> {
  const { spaces, runtime } = beginning;
  if (spaces.get(MAIN_SPACE) !== null) return;
  const space = spaces.make(MAIN_SPACE, spaces.models.of(MAIN_SPACE));
  const at = runtime.wallTime();
  await commitAlone(new SpaceDraft(space, true, at, null, []), at, beginning);
}

/** The secret of the store is drawn once, where somebody may need tickets (rule V15). */
export async function drawSecret(beginning: BeginningTerm): Promise<void> {
  const { spaces, runtime } = beginning;
  if (!spaces.models.haveViews || spaces.get(SECRETS_SPACE) !== null) return;
  const at = runtime.wallTime();
  const draft = new SpaceDraft(spaces.make(SECRETS_SPACE, secretsModel), true, at, null, []);
  const secret = runtime.newId() + runtime.newId();
  draft.add([{ type: "secret_drawn", target: PROOFS_SECRET, data: { secret } }], null);
  await commitAlone(draft, at, beginning);
}

/**
 * A release may keep fewer records than the one before it. What is too many leaves by transactions of the new epoch, each of them
 * within the bounds of a transaction. After a crash in between the next start goes on with it.
 */
export async function bringAboutKeep(beginning: BeginningTerm): Promise<void> {
  for (const space of [...beginning.spaces.values()]) while (await evictOnce(space, beginning));
}

/**
 * All keys are computed anew, since a release may have altered a function (rule V4). What differs is logged in the new epoch, before
 * anyone is served. After a crash in between the next start goes on with it.
 */
export async function rebuildViews(beginning: BeginningTerm): Promise<void> {
  for (const space of [...beginning.spaces.values()]) {
    const moves = movedKeys(space);
    for (let from = 0; from < moves.length; from += MOVES_A_GROUP) {
      const at = beginning.runtime.wallTime();
      const draft = new SpaceDraft(space, false, at, null, []);
      draft.rebuildViews(moves.slice(from, from + MOVES_A_GROUP));
      await commitAlone(draft, at, beginning);
    }
  }
}

const MOVES_A_GROUP = 10_000;

/** It returns false when there was nothing to evict. */
async function evictOnce(space: Space, beginning: BeginningTerm): Promise<boolean> {
  const { keepIndexes, runtime, spaces } = beginning;
  const at = runtime.wallTime();
  const tally = new Tally(spaces.limits, new BoundsSeen());
  const draft = new SpaceDraft(space, false, at, tally, keepIndexes.of(space));
  draft.evictSome();
  if (draft.changes.length === 0) return false;
  await commitAlone(draft, at, beginning);
  return true;
}

async function commitAlone(draft: SpaceDraft, at: number, { term, spaces, feed, ages }: BeginningTerm): Promise<void> {
  const { history } = draft;
  const group = { at, ageAt: ages.read(at), spaces: [draft.toCommit(spaces.epochs.today)], history, answers: [] };
  await committed(() => term.commit(group));
  const told = spaces.commit([draft]);
  term.taken();
  feed.publish(told);
}

async function committed(commit: () => void | Promise<void>): Promise<void> {
  try {
    await commit();
  } catch (error) {
    const nothingMoved = error instanceof StoreFailure && error.outcome === "nothing_moved";
    throw nothingMoved ? storeUnavailable(error) : outcomeUnknown(error);
  }
}
