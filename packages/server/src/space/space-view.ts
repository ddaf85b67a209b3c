import type { AnyState, Diff, Lineage, Model } from "@neverstale/protocol";
import type { Capture, Space } from "./space.ts";

/** The space itself, for the parts of the server alone. */
export let spaceOf: (view: SpaceView) => Space;

const views = new WeakMap<Space, SpaceView>();

/** What is given out of a space: the same view each time. */
export function viewOf(space: Space): SpaceView {
  let view = views.get(space);
  if (view === undefined) {
    view = new SpaceView(space);
    views.set(space, view);
  }
  return view;
}

/** A space for whoever reads it: it follows every commit, and nothing of it can be altered from outside. */
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

  /** Which creation of a space of this name it is. */
  get creationId(): string {
    return this.#space.creationId;
  }

  get model(): Model {
    return this.#space.model;
  }

  /** The committed version. */
  get head(): number {
    return this.#space.head;
  }

  /** The committed state. It follows every commit: copy what you keep. */
  get state(): AnyState {
    return this.#space.state;
  }

  /** Whether the space has ended: nothing follows or changes it any more. */
  get removed(): boolean {
    return this.#space.removed;
  }

  /** Of all records, and one for each (rule S8). */
  get bytes(): number {
    return this.#space.bytes;
  }

  get records(): number {
    return this.#space.records;
  }

  get tombstones(): number {
    return this.#space.tombstones;
  }

  /** Whether a position can be brought to the head by a diff. */
  canDiffFrom(version: number): boolean {
    return this.#space.canDiffFrom(version);
  }

  /** What moved since `from`, which `canDiffFrom` allows. */
  diffSince(from: number): Diff {
    return this.#space.diffSince(from);
  }

  /** The last version of an epoch's run, or null for an epoch this store doesn't know (rule E2). */
  lastVersion(epoch: string): number | null {
    return this.#space.lineage.lastVersion(epoch, this.#space.head);
  }

  /** The newest epochs with the last version of each. */
  lineage(): Lineage {
    return this.#space.lineage.toWire(this.#space.head);
  }

  /** The digest of the committed state (rule G2). */
  digest(): string {
    return this.#space.digest();
  }

  capture(): Capture {
    return this.#space.capture();
  }
}
