import type { Assignment } from "@neverstale/fleet-domain";

/** What the agent sees of its space. */
export interface Follower {
  /** Null until it has been seen. The map is altered in place; a record that did not change is the same object. */
  readonly assignments: ReadonlyMap<string, Assignment> | null;
  /** The authority's epoch at the state shown; null until it has been seen. */
  readonly epoch: string | null;
  close(): void;
}
