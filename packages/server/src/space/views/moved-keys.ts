/** When a term begins, all keys of a space are computed anew, and compared with those that are stored (rule V4). */

import type { AnyViews, StateRecord } from "@neverstale/protocol";
import type { Space } from "../space.ts";
import { targetOf } from "./dependents.ts";
import { hasKeys, type KeyMove } from "./key-moves.ts";

/** It returns the keys of those records that have others than were stored. It throws `invalid_change` where a function throws. */
export function movedKeys(space: Space): KeyMove[] {
  if (space.views === null) return [];
  const { declared } = space.views;
  const moves: KeyMove[] = [];
  for (const collection of Object.keys(space.state)) {
    for (const { id, record } of space.entries(collection)) {
      const keys = keysOf(space, declared, collection, record as StateRecord);
      if (!hasKeys(space, collection, id, keys)) moves.push([collection, id, keys]);
    }
  }
  return moves;
}

/** It returns the keys that a record has. One that is not there has those that it would have beside the records that are. */
export function keysNow(space: Space, collection: string, id: string, record: StateRecord): readonly string[] {
  if (space.views === null) return [];
  const entry = space.entry(collection, id);
  if (entry !== null && entry.record !== null) return entry.shown?.set?.keys ?? [];
  try {
    return keysOf(space, space.views.declared, collection, record);
  } catch {
    return []; // The function was written for records of today.
  }
}

function keysOf(space: Space, views: AnyViews, collection: string, record: StateRecord): readonly string[] {
  const way = views.throughOf(collection);
  if (way === null) return views.keysOf(collection, record);
  const target = targetOf(record, way.field);
  const other = target === null ? null : (space.entry(way.through, target)?.record ?? null);
  return other === null ? [] : views.keysOf(way.through, other);
}
