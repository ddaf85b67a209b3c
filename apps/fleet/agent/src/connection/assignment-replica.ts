/** The assignment replica is the agent's view of its own space: the commands that are assigned to its host. */

import type { Assignment } from "@neverstale/fleet-domain";

export interface AssignmentReplica {
  /** This is null until the space has been seen. The map is altered in place. A record that did not change is the same object. */
  readonly assignments: ReadonlyMap<string, Assignment> | null;
  /** This is the authority's epoch at the state shown. It is null until the space has been seen. */
  readonly epoch: string | null;
  close(): void;
}
