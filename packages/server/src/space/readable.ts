/** Whoever follows reads a space, or a view of it: they are served alike (rule V19). */

import type { Diff, Model, StateRecord, ViewProof } from "@neverstale/protocol";
import type { SpaceLineage } from "./lineage.ts";

export interface Readable {
  readonly name: string;
  readonly creationId: string;
  readonly model: Model;
  readonly lineage: SpaceLineage;
  /** This is the committed version. */
  readonly head: number;
  readonly records: number;
  /** The position can be brought to the head by a diff. */
  canDiffFrom(version: number): boolean;
  /** It returns what moved since `from`, which `canDiffFrom` allows. */
  diffSince(from: number): Diff;
  /** It counts the bytes of the records that a diff from there is about, no further than `limit`. */
  movedBytes(from: number, limit: number): number;
  /** All records as JSON have more than so many UTF-16 code units. */
  isTextLongerThan(limit: number): boolean;
  digest(): string;
  capture(): Capture;
  /** It returns what a replica shows to go on from that version in that epoch. Null: nobody has to show anything (rule V15). */
  proofAt(epoch: string, version: number): ViewProof | null;
  /** A replica that shows this was brought to that version here. */
  accepts(epoch: string, version: number, shown: ViewProof | undefined): boolean;
}

/** It is a state as it was at one moment. */
export interface Capture {
  readonly version: number;
  readonly digest: string;
  readonly collections: readonly {
    readonly name: string;
    readonly records: readonly StateRecord[];
  }[];
}
