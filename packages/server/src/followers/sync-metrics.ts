/** These metrics count everything about connections. */

import type { ResyncReason } from "@neverstale/protocol";

/** All of them only grow, but for `connections`, `entrants`, `views`, those about who is behind, and the bytes that are kept for views. */
export interface SyncMetrics {
  connections: number;
  accepted: number;
  resumed: number;
  fullStates: Partial<Record<FullStateReason, number>>;
  snapshotBuilds: number;
  snapshotFailures: number;
  rounds: number;
  frames: number;
  /** So many of the frames were parts of messages that were too large for their lines (rule M9). */
  parts: number;
  bytes: number;
  diffs: number;
  acks: number;
  checks: number;
  beacons: number;
  /** So often a cursor was passed over because its window was full. */
  windowFull: number;
  /** So often a cursor was passed over because its socket was full. */
  congested: number;
  /** So many connections lacked something, or had not acked all of it, when they were looked at last, which is once a second. */
  readersBehind: number;
  /** The one of these that had taken nothing for longest had taken nothing for so long. */
  longestBehindMs: number;
  tooSlow: number;
  /** So many connections were closed since not even the first message had gone out in time (rule A10). */
  lateFirstMessages: number;
  /** So many readers wait until the node knows of their space or position (rule N6). It falls, too. */
  entrants: number;
  /** So many of these were refused, since the node could not know in time, or too many waited. */
  entrantsRefused: number;
  /** So many connections were moved to the epoch of a takeover (rule E7). */
  steps: number;
  /** So many connections were closed at a takeover, since they take no steps. */
  withoutSteps: number;
  badMessages: number;
  /** Frames above the limit. */
  oversizedFrames: number;
  /** Frames that were none, or that came in too many pieces. */
  brokenFrames: number;
  rateLimited: number;
  /** So many were refused before the upgrade, since there were too many connections in all (rule A10). */
  tooManyConnections: number;
  /** So many were refused before the upgrade, since there were too many connections from their address (rule A10). */
  tooManyFromAddress: number;
  /** Pages that were told by a close code, right after the upgrade, that they may not follow. */
  turnedAway: number;
  /** Upgrades that could not be judged, since a function of the owner's failed, or gave no answer. */
  failedUpgrades: number;
  /** Upgrades that were for no endpoint, and that nobody else served either. */
  unservedUpgrades: number;
  revoked: number;
  /** So many different views are followed (rule V21). */
  views: number;
  /** So many connections were refused, since too many views were followed. */
  tooManyViews: number;
  /** Snapshots and frames of so many bytes are kept for views. */
  viewSnapshotBytes: number;
  viewFrameBytes: number;
}

/** The reason says why a replica was sent a full state instead of a diff. */
export type FullStateReason =
  | "first" // It had no position.
  | "epoch" // Its epoch, or its space, is not of this history (rule E2).
  | "ahead" // Its version lies beyond the end of its epoch's run (rule E2).
  | "too_old" // Tombstones don't reach back to it (rule A5).
  | "view" // It was shown something else, or does not prove its position (rules V14 and V15).
  | "smaller" // The diff would be larger than the snapshot (rule A5).
  | "plain_log" // A plain connection left the log of changes (rule A5).
  | `asked_${ResyncReason}` // It asked (rule R2).
  | "asked_plain";

export function newSyncMetrics(): SyncMetrics {
  return {
    connections: 0,
    accepted: 0,
    resumed: 0,
    fullStates: {},
    snapshotBuilds: 0,
    snapshotFailures: 0,
    rounds: 0,
    frames: 0,
    parts: 0,
    bytes: 0,
    diffs: 0,
    acks: 0,
    checks: 0,
    beacons: 0,
    windowFull: 0,
    congested: 0,
    readersBehind: 0,
    longestBehindMs: 0,
    tooSlow: 0,
    lateFirstMessages: 0,
    entrants: 0,
    entrantsRefused: 0,
    steps: 0,
    withoutSteps: 0,
    badMessages: 0,
    oversizedFrames: 0,
    brokenFrames: 0,
    rateLimited: 0,
    tooManyConnections: 0,
    tooManyFromAddress: 0,
    turnedAway: 0,
    failedUpgrades: 0,
    unservedUpgrades: 0,
    revoked: 0,
    views: 0,
    tooManyViews: 0,
    viewSnapshotBytes: 0,
    viewFrameBytes: 0,
  };
}

export function countFullState(metrics: SyncMetrics, reason: FullStateReason): void {
  metrics.fullStates[reason] = (metrics.fullStates[reason] ?? 0) + 1;
}
