/** The node table lists the nodes that are alive on a shared store, so that they find each other (rule N11). */

import type { Store } from "./contract.ts";

/** A shared store keeps it beside the chain. A backup need not hold it. */
export interface NodeTable {
  /**
   * Lists this process. From then on each `confirm` of this store object moves the counter of the row, and lists it again where
   * somebody has taken it away.
   */
  enterNode(row: NodeRow): Promise<void>;
  listNodes(): Promise<readonly AliveNode[]>;
  /** Takes the row of this process away, and `confirm` moves nothing any more. */
  leaveNode(): Promise<void>;
  /** Takes a row away whose counter still stands at `counter`: its node is gone. */
  removeNode(node: Pick<AliveNode, "id" | "counter">): Promise<void>;
}

/** Several processes share it, each through a store object of its own. */
export interface SharedStore extends Store, NodeTable {}

export interface NodeRow {
  /** It was drawn at the start of the process. */
  readonly id: string;
  readonly address: string;
  /** This is the number of the node's model. */
  readonly model: number;
  /** It was drawn at the start of the process. Whoever has it has read it in the store, so is a node. */
  readonly token: string;
}

export interface AliveNode extends NodeRow {
  /** It moves as long as the node is alive. */
  readonly counter: number;
}

export function isSharedStore(store: Store): store is SharedStore {
  return "enterNode" in store;
}
