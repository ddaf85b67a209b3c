/** The memory entries are the chain as a memory database keeps it. */

import { bareMove, type PlannedMove } from "./catalog.ts";
import type { ChainEntry, ChainSpace, GroupEntry, LogRow, TakeoverEntry } from "./contract.ts";

/** The text of its changes is made when it is first read. */
export type MemoryEntry = TakeoverEntry | MemoryGroup;

interface MemoryGroup extends Omit<GroupEntry, "spaces"> {
  readonly moves: readonly PlannedMove[];
}

/** It returns what the entry does to spaces. A takeover does nothing to any. */
export function movesOf(entry: MemoryEntry): readonly PlannedMove[] {
  return entry.type === "group" ? entry.moves : [];
}

/** It returns how many changes a move has. */
export function countOf({ move }: PlannedMove): number {
  return move.lastVersion - move.firstVersion + 1;
}

/** It returns the row of the log that a move is. */
export function logRow({ move, changes }: PlannedMove, at: number): LogRow {
  const { name, firstVersion, lastVersion } = move;
  return { space: name, firstVersion, lastVersion, at, changes: changes?.text ?? "" };
}

/** It yields the entries as the contract tells them, from the index `from` on. */
export function* chainEntries(entries: readonly MemoryEntry[], from: number): Iterable<ChainEntry> {
  for (let at = from; at < entries.length; at += 1) {
    const entry = entries[at] as MemoryEntry;
    if (entry.type === "takeover") yield entry;
    else {
      const { moves, ...facts } = entry;
      yield { ...facts, spaces: moves.map(chainSpace) };
    }
  }
}

function chainSpace({ move, changes }: PlannedMove): ChainSpace {
  return { ...bareMove(move), changes: changes === null ? null : changes.text };
}

/** It returns the entry without the changes of the space with this id. */
export function withoutChanges(entry: MemoryEntry, id: number): MemoryEntry {
  if (!movesOf(entry).some(({ spaceId }) => spaceId === id)) return entry;
  const moves = movesOf(entry).map((planned) => {
    return planned.spaceId === id && countOf(planned) > 0 ? { ...planned, changes: null } : planned;
  });
  return { ...(entry as MemoryGroup), moves };
}
