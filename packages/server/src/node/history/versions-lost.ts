/** Versions are lost when the store came back without them: nobody is resumed from there (rule N9). */

import type { Space } from "../../space/space.ts";
import type { ChainEntry, Store } from "../../store/contract.ts";
import type { ChainState } from "./chain-state.ts";

/**
 * It counts the versions that a node held, and that the history it has reloaded does not hold. A space that is gone was lost whole
 * where it was made in the lost tail, and not at all where it has ended properly. Where the entries that say so are trimmed, it counts
 * as ended.
 */
export async function versionsLost(
  before: ChainState,
  now: ChainState,
  store: Pick<Store, "readChain">,
): Promise<number> {
  const gone: Space[] = [];
  let lost = 0;
  for (const space of before.spaces.values()) {
    const counterpart = now.spaces.get(space.name);
    if (counterpart?.creationId !== space.creationId) gone.push(space);
    else lost += space.head - inCommon(space, counterpart, before.spaces.epochs.newest(Number.POSITIVE_INFINITY));
  }
  if (gone.length === 0) return lost;
  const ended = await endedSince(before, now, store);
  if (ended === null) return lost;
  return gone.reduce((sum, { name, head }) => (ended.has(name) ? sum : sum + head), lost);
}

/** Up to this version both histories are the same. */
function inCommon(before: Space, now: Space, epochs: readonly string[]): number {
  for (const epoch of [...epochs].reverse()) {
    const last = now.lineage.lastVersion(epoch, now.head);
    const lastBefore = before.lineage.lastVersion(epoch, before.head);
    if (last !== null && lastBefore !== null) return Math.min(last, lastBefore);
  }
  return 0;
}

/**
 * It returns the names of the spaces that have ended behind the last entry that both histories have. Null means that no entry is lost,
 * or that those behind it are trimmed.
 */
async function endedSince(
  before: ChainState,
  now: ChainState,
  store: Pick<Store, "readChain">,
): Promise<ReadonlySet<string> | null> {
  const last = await lastInCommon(before, now, store);
  if (last >= (before.place?.sequence ?? 0)) return null;
  const ended = new Set<string>();
  for (let afterSequence = last; ; ) {
    const entries = await store.readChain({ afterSequence, limit: ENTRIES_PER_READ });
    if (entries === "trimmed") return null;
    const newest = entries.at(-1);
    if (newest === undefined) return ended;
    for (const name of entries.flatMap(namesEndedIn)) ended.add(name);
    afterSequence = newest.sequence;
  }
}

function namesEndedIn(entry: ChainEntry): readonly string[] {
  if (entry.type === "takeover") return [];
  return entry.spaces.filter(({ removed }) => removed).map(({ name }) => name);
}

/**
 * It searches by halves: up to the last entry that both histories have, each is of a term that the node knew, and behind it none is. What
 * is trimmed is old, so it counts as known.
 */
async function lastInCommon(before: ChainState, now: ChainState, store: Pick<Store, "readChain">): Promise<number> {
  let known = 0;
  let unknown = Math.min(before.place?.sequence ?? 0, now.place?.sequence ?? 0) + 1;
  while (unknown - known > 1) {
    const middle = (known + unknown) >> 1;
    const entries = await store.readChain({ afterSequence: middle - 1, limit: 1 });
    const term = entries === "trimmed" ? null : (entries[0]?.term ?? "");
    if (term === null || before.spaces.epochs.indexOf(term) !== null) known = middle;
    else unknown = middle;
  }
  return known;
}

const ENTRIES_PER_READ = 1_000;
