import { type Change, freezeChange } from "@neverstale/protocol";
import type { Space } from "./space.ts";
import type { SpaceView } from "./space-view.ts";

/** What has been committed in one space, told to followers after it is durable. */
export interface Committed {
  readonly space: SpaceView;
  /** The effective changes, from `firstVersion` on. */
  readonly changes: readonly Change[];
  readonly firstVersion: number;
}

/** The changes are frozen for the first who looks at them: most followers ask the space what has moved. */
export function committedIn(space: Space, changes: Change[], firstVersion: number): Committed {
  return Object.freeze({
    space: space.view,
    get changes() {
      if (!Object.isFrozen(changes)) Object.freeze(changes).forEach(freezeChange);
      return changes;
    },
    firstVersion,
  });
}
