/** Followers need this of their node, whether it decides changes itself or hears of them: its spaces, and a feed of what is committed. */

import type { AnyViews, SyncError } from "@neverstale/protocol";
import type { Limits } from "../limits/limits.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Committed } from "../space/committed.ts";
import type { SpaceView } from "../space/space-view.ts";
import type { Confirming } from "./confirming/confirming.ts";

export interface CommittedGroups {
  /** Today's epoch, to be read at each use, since each takeover begins another one. */
  readonly epoch: string;
  readonly limits: Limits;
  readonly runtime: Runtime;
  /** More groups are on their way: a round may wait for them, so that their changes merge. */
  readonly isWriting: boolean;
  /** The space as it is committed, or null. */
  space(name: string): SpaceView | null;
  /** The views of the space's model. Null: it has none, or the name is no space's. */
  viewsOf(name: string): AnyViews | null;
  /** The follower is told of every group, in order, after it is durable. This returns how to stop. */
  follow(follower: (committed: readonly Committed[]) => void): () => void;
  /**
   * The listener is told of each takeover, in order with the groups: those that were told before it are of earlier epochs. By
   * then `epoch` is the new one. This returns how to take the listener back.
   */
  onTakeover(listener: () => void): () => void;
  /** By it the node knows that nothing newer is committed. It is null where all that is committed is here. */
  readonly confirming: Confirming | null;
  /** This says why nobody is served now. It is null while everybody is. */
  readonly refusal: SyncError | null;
  /**
   * The listener is called when the node drops what it holds, and reads it anew: its spaces are others from then on, and a
   * position has to be judged again (rule N9). This returns how to take the listener back.
   */
  onInterrupt(listener: () => void): () => void;
  /** The listener is called once, when the last group has been told. This returns how to take it back. */
  onClose(listener: () => void): () => void;
}
