/** A node is opened with these options. */

import type { Millis } from "@neverstale/base";
import type { NodeDivergence } from "./digests/divergences.ts";
import type { MakeNodeLink } from "./node-link.ts";

export interface NodeOptions {
  /** The other nodes reach this one there. Each node has an address of its own. */
  readonly address: string;
  /** It makes the link to the other nodes. Without a link a node reads the store more often, and forwards nothing. */
  readonly link?: MakeNodeLink;
  /**
   * The writer tells the other nodes so often what the spaces are that have moved, so that each finds out what it has wrong (rule N10).
   * The default is 30 s.
   */
  readonly digestMs?: Millis;
  /** It is told what was found so, for a log. The node mends it by itself. */
  readonly onDivergence?: (divergence: NodeDivergence) => void;
  /** With true a node of a newer model takes over though nodes of older ones are alive (rule T6). The default is false. */
  readonly replacesOlderModels?: boolean;
}
