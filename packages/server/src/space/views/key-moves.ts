/** The key moves of a group say which records have other keys after it than before: they are logged beside its changes (rule V3). */

import type { AnyViews, StateRecord } from "@neverstale/protocol";
import type { Entry } from "../entry.ts";
import type { DraftRecord } from "../records-view.ts";
import { targetOf } from "./dependents.ts";
import type { SpaceViews } from "./space-views.ts";

/** A record that is removed has no keys by that alone, which is not logged. */
export type KeyMove = readonly [collection: string, id: string, keys: readonly string[]];

/** The committed records, with the keys that they have. */
interface KeyedSpace {
  readonly views: SpaceViews | null;
  entry(collection: string, id: string): Entry | null;
}

/** A group has done this to one space. */
export interface DraftedSpace {
  readonly space: KeyedSpace;
  readonly drafts: Iterable<DraftRecord>;
  draft(collection: string, id: string): DraftRecord | undefined;
}

/** The writer finds them once for each group. */
export function keyMovesOf(group: DraftedSpace, views: AnyViews): KeyMove[] {
  const moves: KeyMove[] = [];
  for (const draft of group.drafts) {
    if (draft.record !== null && views.isShown(draft.collection)) add(moves, group, draft, keysOf(group, views, draft));
    if (!views.isGoneThrough(draft.collection)) continue;
    for (const move of movedWith(group, views, draft)) moves.push(move);
  }
  return moves;
}

function add(
  moves: KeyMove[],
  { space }: DraftedSpace,
  { collection, id }: DraftRecord,
  keys: readonly string[],
): void {
  if (!hasKeys(space, collection, id, keys)) moves.push([collection, id, keys]);
}

/** The committed record has these keys and no others. */
export function hasKeys(space: KeyedSpace, collection: string, id: string, keys: readonly string[]): boolean {
  const set = space.entry(collection, id)?.shown?.set ?? null;
  return set === null ? keys.length === 0 : set.has(keys);
}

function keysOf(group: DraftedSpace, views: AnyViews, draft: DraftRecord): readonly string[] {
  const { collection, record } = draft;
  const way = views.throughOf(collection);
  if (way === null) return draft.keys ?? NONE;
  const target = targetOf(record as StateRecord, way.field);
  return target === null ? NONE : keysAfter(group, views, way.through, target);
}

/** It returns the keys that the record has after the group, whether the group has moved it or not. */
function keysAfter(group: DraftedSpace, views: AnyViews, collection: string, id: string): readonly string[] {
  const draft = group.draft(collection, id);
  if (draft === undefined) return group.space.entry(collection, id)?.shown?.set?.keys ?? NONE;
  if (draft.record === null) return NONE;
  return draft.keys ?? views.keysOf(collection, draft.record);
}

/** Records have its keys that the group has not moved. */
function* movedWith(group: DraftedSpace, views: AnyViews, draft: DraftRecord): Iterable<KeyMove> {
  const { collection, id } = draft;
  const dependents = group.space.views?.dependents.of(collection, id) ?? [];
  for (const entry of dependents) {
    if (group.draft(entry.collection, entry.id) !== undefined) continue;
    const keys = keysAfter(group, views, collection, id);
    if (!hasKeys(group.space, entry.collection, entry.id, keys)) yield [entry.collection, entry.id, keys];
  }
}

const NONE: readonly string[] = Object.freeze([]);
