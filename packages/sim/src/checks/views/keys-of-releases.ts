/** Releases give keys in several ways, and here it is judged by which of them the records have theirs (rule V4). */

import { type Change, RECORD_EVICTED } from "@neverstale/protocol";
import type { Models } from "../../plan/releases.ts";
import { VIEW_NAMES } from "../../plan/views/views.ts";
import type { HistoryMoment } from "../history.ts";
import { difference } from "../same-state.ts";
import { shownAt } from "./shown-moments.ts";

/**
 * A term evicts first what its release no longer keeps, in groups of evictions alone, and computes all keys anew behind them (rules E6
 * and V4). Such a group leaves the others' keys as they were. Its process may end right behind it, and the release before may come
 * back: that one finds nothing to compute anew, and shows the state by the keys that have held all the time.
 */
export function keysByAfter(changes: readonly Change[], { keysBy }: HistoryMoment, ofRelease: Models): number {
  return changes.every(({ type }) => type === RECORD_EVICTED) ? keysBy : ofRelease.keysBy;
}

/** It returns what a view would show otherwise by the keys that the release gives, or null. Whoever serves has computed them all. */
export function shownOtherwise(moment: HistoryMoment, { keysBy }: Models): string | null {
  if (moment.keysBy === keysBy) return null;
  const anew = { ...moment, keysBy };
  for (const view of VIEW_NAMES) {
    const where = difference(shownAt(moment, view), shownAt(anew, view));
    if (where !== null) return `${view} is shown another ${where}`;
  }
  return null;
}
