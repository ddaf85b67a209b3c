/** These metrics count what was asked for over the HTTP profile. */

/** All of them only grow, but for `readers`, `keptSnapshots` and `keptSnapshotBytes`. */
export interface HttpReadMetrics {
  /** So many requests are under way. */
  readers: number;
  /** So many requests for the way to a snapshot were let in, and for the snapshot itself. */
  snapshots: number;
  states: number;
  polls: number;
  streams: number;
  keptSnapshots: number;
  keptSnapshotBytes: number;
}

export function newHttpReadMetrics(): HttpReadMetrics {
  return { readers: 0, snapshots: 0, states: 0, polls: 0, streams: 0, keptSnapshots: 0, keptSnapshotBytes: 0 };
}
