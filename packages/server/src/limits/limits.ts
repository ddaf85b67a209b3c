/** The limits bound everything that can grow (rule A10). */

import { LONGEST_TIMER_MS, withDefaults } from "./with-defaults.ts";

/** `docs/OPERATIONS.md` says what happens at each of them. */
export interface Limits {
  /** So many calls may wait for the writer. The next one is refused with `too_many_requests`. */
  readonly waitingCalls: number;
  /** Once the changes that were taken with the calls that wait have so many bytes, the next call is refused. */
  readonly waitingBytes: number;
  /** So many calls are in one group at most. */
  readonly batchCalls: number;
  /** Deciding one group may hold the event loop so long. */
  readonly batchMs: number;
  /**
   * A transaction has so many changes at most, evictions included. A group that holds as many takes no more calls (rule S8).
   */
  readonly transactionChanges: number;
  /** A transaction has so many bytes at most: its effective changes, the records that they evict, its answer. */
  readonly transactionBytes: number;
  /** A group that holds so many bytes takes no more calls. */
  readonly groupBytes: number;
  /** A record has so many bytes at most, as JSON in UTF-8. */
  readonly recordBytes: number;
  /** The records of one space have so many bytes at most, with one more for each record. */
  readonly stateBytes: number;
  /** Positions of so many newest epochs, which are the newest starts, can be resumed (rule E2). */
  readonly epochs: number;
  /** A store has so many spaces at most. */
  readonly spaces: number;
  /** So many problems with stored records are listed at open. All are counted. */
  readonly problems: number;
  /** A change of an ephemeral collection may wait so long for company (rule S6). */
  readonly ephemeralMs: number;
  /** So many removed records are remembered for each space, so that older cursors can be told. */
  readonly tombstones: number;
  /** So many are remembered for all spaces together. */
  readonly tombstonesInAll: number;
  /** Changes of so many UTF-16 code units of JSON are kept in memory for each space, for plain connections. */
  readonly plainLogChars: number;
  /** A diff of more UTF-16 code units of JSON than this is compressed off the event loop, as full states are. */
  readonly largeDeltaChars: number;
  /** So many connections may be open in all. */
  readonly connections: number;
  /** So many connections may be open from one address. */
  readonly connectionsPerAddress: number;
  /** So many readers may wait until a node knows of their space or position (rule N6). The next one comes again later. */
  readonly entrants: number;
  /** So many requests of the HTTP profile may be under way in all: readers who wait, streams, snapshots (rule H1). */
  readonly readers: number;
  /** So many of them may be from one address. */
  readonly readersPerAddress: number;
  /** Snapshots of so many compressed bytes are kept for the HTTP profile. The newest one is kept whatever its size. */
  readonly keptSnapshotBytes: number;
  /** So many `get_state`s of a connection are answered in a minute. */
  readonly snapshotsPerMinute: number;
  /** So many different views are followed at a time (rule V21). The next one is refused with `too_many_views`. */
  readonly views: number;
  /** Snapshots of so many bytes are kept for all views together. */
  readonly viewSnapshotBytes: number;
  /** Frames of so many bytes are kept for all views together. */
  readonly viewFrameBytes: number;
  /** So many messages may come from one connection in a second, averaged over ten. */
  readonly messagesPerSecond: number;
  /** A reader without any progress for this long is closed with 4408 (rule A5). */
  readonly stuckMs: number;
  /** The authority's first message is handed to the socket within this time. Snapshot builds are not counted. */
  readonly firstMessageMs: number;
  /** Judging a connection may take so long (`authorize`). */
  readonly authorizeMs: number;
  /** An upgrade that is for no endpoint is left to other listeners so long. */
  readonly unservedMs: number;
  /** So long passes between two folds of the records into the store. */
  readonly foldMs: number;
  /** No fold is begun later than that after `close`. The rest is read from the log at the next start. */
  readonly closeFoldMs: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_LIMITS: Limits = {
  waitingCalls: 100_000,
  waitingBytes: 64 * MIB,
  batchCalls: 20_000,
  batchMs: 12,
  transactionChanges: 20_000,
  transactionBytes: 4 * MIB,
  groupBytes: 4 * MIB,
  recordBytes: MIB,
  // A replica takes in a frame of 64 MiB (rule R10). All that a full state holds beside its records has room in it, too.
  stateBytes: 64 * MIB - 64 * 1024,
  epochs: 10_000,
  spaces: 100_000,
  problems: 100,
  ephemeralMs: 100,
  tombstones: 100_000,
  tombstonesInAll: 100_000,
  plainLogChars: 4 * MIB,
  largeDeltaChars: 1024 * 1024,
  connections: 20_000,
  connectionsPerAddress: 20_000,
  entrants: 10_000,
  readers: 20_000,
  readersPerAddress: 20_000,
  keptSnapshotBytes: 64 * MIB,
  snapshotsPerMinute: 30,
  views: 20_000,
  viewSnapshotBytes: 256 * MIB,
  viewFrameBytes: 64 * MIB,
  messagesPerSecond: 50,
  stuckMs: 60_000,
  firstMessageMs: 5_000,
  authorizeMs: 10_000,
  unservedMs: 5_000,
  foldMs: 1_000,
  closeFoldMs: 2_000,
};

/** It returns the limits of an authority, and throws a plain error that names a setting which can't be a limit. */
export function limitsFrom(given: Partial<Limits> | undefined): Limits {
  return withDefaults(DEFAULT_LIMITS, given, "limits", {
    zero: ["batchMs", "ephemeralMs", "closeFoldMs", "unservedMs", "tombstones", "tombstonesInAll"],
    mostMs: LONGEST_TIMER_MS,
  });
}
