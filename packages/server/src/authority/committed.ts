import { type Change, freezeChange } from "@neverstale/protocol";
import type { Space } from "../space/space.ts";
import type { SpaceView } from "../space/space-view.ts";

/** What has been committed in one space, told to followers after it is durable. */
export interface Committed {
  readonly space: SpaceView;
  /** The effective changes, from `firstVersion` on. */
  readonly changes: readonly Change[];
  readonly firstVersion: number;
}

/** What was committed as it is, for the parts of the authority alone, which alter nothing of it. */
export let changesOf: (committed: Committed) => readonly Change[];

/**
 * The changes are frozen for the first who looks at them: most followers ask the space what has moved. A class, as an object
 * literal with a getter gets a shape of its own each time, which the garbage collector has to find out to be dead.
 */
class FrozenOnSight implements Committed {
  readonly space: SpaceView;
  readonly firstVersion: number;
  readonly #changes: Change[];

  constructor(space: SpaceView, changes: Change[], firstVersion: number) {
    this.space = space;
    this.firstVersion = firstVersion;
    this.#changes = changes;
    Object.freeze(this);
  }

  static {
    changesOf = (committed) => (committed instanceof FrozenOnSight ? committed.#changes : committed.changes);
  }

  get changes(): readonly Change[] {
    if (!Object.isFrozen(this.#changes)) Object.freeze(this.#changes).forEach(freezeChange);
    return this.#changes;
  }
}

export function committedIn(space: Space, changes: Change[], firstVersion: number): Committed {
  return new FrozenOnSight(space.view, changes, firstVersion);
}
