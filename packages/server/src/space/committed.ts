/** A committed group is told space by space: which one moved, by which changes, from which version on. */

import { type Change, freezeChange } from "@neverstale/protocol";
import type { Space } from "./space.ts";
import { type SpaceView, spaceOf, viewOf } from "./space-view.ts";

/** Followers are told of it after it is durable. */
export interface Committed {
  readonly space: SpaceView;
  /** The effective changes, from `firstVersion` on. */
  readonly changes: readonly Change[];
  readonly firstVersion: number;
}

/** The space itself, for the parts of the server alone. */
export let committedSpace: (committed: Committed) => Space;

/** The changes as they are, for the parts of the server alone, which alter nothing of them. */
export let committedChanges: (committed: Committed) => readonly Change[];

/**
 * The changes are frozen for the first who looks at them, since most followers ask the space what has moved. This is a
 * class because an object literal with a getter gets a shape of its own each time, which the garbage collector has to find
 * out to be dead.
 */
class FrozenOnSight implements Committed {
  readonly firstVersion: number;
  readonly #space: Space;
  readonly #changes: Change[];

  constructor(space: Space, changes: Change[], firstVersion: number) {
    this.firstVersion = firstVersion;
    this.#space = space;
    this.#changes = changes;
    Object.freeze(this);
  }

  static {
    committedSpace = (committed) => (committed instanceof FrozenOnSight ? committed.#space : spaceOf(committed.space));
    committedChanges = (committed) => (committed instanceof FrozenOnSight ? committed.#changes : committed.changes);
  }

  get space(): SpaceView {
    return viewOf(this.#space);
  }

  get changes(): readonly Change[] {
    if (!Object.isFrozen(this.#changes)) Object.freeze(this.#changes).forEach(freezeChange);
    return this.#changes;
  }
}

export function committedIn(space: Space, changes: Change[], firstVersion: number): Committed {
  return new FrozenOnSight(space, changes, firstVersion);
}
