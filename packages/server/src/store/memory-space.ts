/** A memory space is one space as the store in memory keeps it: the records and tombstones of the last fold. */

import { assert } from "@neverstale/protocol";
import type { Fold, LineageRow, SpaceContents, StoredRecord, StoredTombstone } from "./contract.ts";

export interface MemorySpace {
  /** It is the number of this creation among all that there ever were. */
  readonly id: number;
  readonly name: string;
  readonly creationId: string;
  foldedVersion: number;
  tombstoneFloor: number;
  digest: SpaceContents["digest"];
  readonly lineage: LineageRow[];
  readonly records: Map<string, StoredRecord>;
  readonly tombstones: Map<string, StoredTombstone>;
}

/** This is a space as a plain value. The log is kept for all spaces together, in the chain. */
export interface SpaceData extends Omit<SpaceContents, "log"> {
  readonly id: number;
}

export function newSpace(id: number, name: string, creationId: string): MemorySpace {
  const empty = {
    foldedVersion: 0,
    tombstoneFloor: 0,
    digest: null,
    lineage: [],
    records: new Map(),
    tombstones: new Map(),
  };
  return { id, name, creationId, ...empty };
}

export function spaceFromData(data: SpaceData): MemorySpace {
  return {
    ...data,
    lineage: [...data.lineage],
    records: new Map(data.records.map((row) => [keyOf(row), row])),
    tombstones: new Map(data.tombstones.map((row) => [keyOf(row), row])),
  };
}

export function dataOf(space: MemorySpace): SpaceData {
  const { id, name, creationId, foldedVersion, tombstoneFloor, digest } = space;
  const lineage = [...space.lineage];
  const records = [...space.records.values()];
  const tombstones = [...space.tombstones.values()];
  return { id, name, creationId, foldedVersion, tombstoneFloor, digest, lineage, records, tombstones };
}

/** `head` is the newest committed version of the space: a fold can't show what was not committed. */
export function foldInto(space: MemorySpace, fold: Fold, head: number): void {
  assert(fold.version >= space.foldedVersion && fold.version <= head, `fold of "${space.name}" at ${fold.version}`);
  for (const row of fold.records) {
    space.records.set(keyOf(row), row);
    space.tombstones.delete(keyOf(row));
  }
  for (const row of fold.tombstones) {
    space.tombstones.set(keyOf(row), row);
    space.records.delete(keyOf(row));
  }
  for (const [key, row] of space.tombstones) if (row.version <= fold.tombstoneFloor) space.tombstones.delete(key);
  space.tombstoneFloor = fold.tombstoneFloor;
  space.foldedVersion = fold.version;
  space.digest = fold.digest === null ? null : { version: fold.version, digest: fold.digest };
}

function keyOf({ collection, id }: { readonly collection: string; readonly id: string }): string {
  return `${collection}\0${id}`;
}
