/** A view is a space for whoever reads it: it follows every commit, and nothing of it can be altered from outside. */

import type { AnyState, Diff, Lineage, Model } from "@neverstale/protocol";
import type { Capture } from "./readable.ts";
import type { Space } from "./space.ts";

/** It returns the space itself, for the parts of the server alone. */
export let spaceOf: (view: SpaceView) => Space;

const views = new WeakMap<Space, SpaceView>();

/** It returns the same view of a space each time. */
export function viewOf(space: Space): SpaceView {
  let view = views.get(space);
  if (view === undefined) {
    view = new SpaceView(space);
    views.set(space, view);
  }
  return view;
}

export class SpaceView {
  readonly #space: Space;

  constructor(space: Space) {
    this.#space = space;
    Object.freeze(this);
  }

  static {
    spaceOf = (view) => view.#space;
  }

  get name(): string {
    return this.#space.name;
  }

  /** It says which creation of a space of this name it is. */
  get creationId(): string {
    return this.#space.creationId;
  }

  get model(): Model {
    return this.#space.model;
  }

  /** This is the committed version. */
  get head(): number {
    return this.#space.head;
  }

  /** This is the committed state. It follows every commit, so copy what you keep. */
  get state(): AnyState {
    return this.#space.state;
  }

  /** The space has ended: nothing follows or changes it any more. */
  get removed(): boolean {
    return this.#space.removed;
  }

  /** All records have so many bytes, with one more for each (rule S8). */
  get bytes(): number {
    return this.#space.bytes;
  }

  get records(): number {
    return this.#space.records;
  }

  get tombstones(): number {
    return this.#space.tombstones;
  }

  /** The position can be brought to the head by a diff. */
  canDiffFrom(version: number): boolean {
    return this.#space.canDiffFrom(version);
  }

  /** It returns what moved since `from`, which `canDiffFrom` allows. */
  diffSince(from: number): Diff {
    return this.#space.diffSince(from);
  }

  /**
   * It names the fields of a record that moved since `from`, which `canDiffFrom` allows. Null means that the record itself came or went since,
   * or that it is not known which fields moved.
   */
  fieldsMovedSince(collection: string, id: string, from: number): readonly string[] | null {
    return this.#space.fieldsMovedSince(collection, id, from);
  }

  /** It returns the last version of an epoch's run, or null for an epoch that this store doesn't know (rule E2). */
  lastVersion(epoch: string): number | null {
    return this.#space.lineage.lastVersion(epoch, this.#space.head);
  }

  /** It returns the newest epochs with the last version of each. */
  lineage(): Lineage {
    return this.#space.lineage.toWire(this.#space.head);
  }

  /** It returns the digest of the committed state (rule G2). */
  digest(): string {
    return this.#space.digest();
  }

  capture(): Capture {
    return this.#space.capture();
  }
}
