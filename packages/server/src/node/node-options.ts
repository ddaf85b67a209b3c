/** A node is opened with these options. */

import type { MakeNodeLink } from "./node-link.ts";

export interface NodeOptions {
  /** The other nodes reach this one there. Each node has an address of its own. */
  readonly address: string;
  /** It makes the link to the other nodes. Without a link a node reads the store more often, and forwards nothing. */
  readonly link?: MakeNodeLink;
  /** With true a node of a newer model takes over though nodes of older ones are alive (rule T6). The default is false. */
  readonly replacesOlderModels?: boolean;
}
