import { LONGEST_TIMER_MS, withDefaults } from "./with-defaults.ts";

/** Rule A10: everything that can grow has a bound here, and `docs/OPERATIONS.md` says what happens at it. */
export interface Limits {
  /** Calls that wait for the writer; the next one is refused with `too_many_requests`. */
  readonly waitingCalls: number;
  /** Bytes of the changes that were taken with the calls that wait: once they are as many, the next call is refused. */
  readonly waitingBytes: number;
  /** Calls in one group commit. */
  readonly batchCalls: number;
  /** How long deciding one group may hold the event loop. */
  readonly batchMs: number;
  /** Changes of one transaction, evictions included; a group that holds as many takes no more calls (rule S8). */
  readonly transactionChanges: number;
  /** Bytes of one transaction: its effective changes, the records they evict, its answer. */
  readonly transactionBytes: number;
  /** A group that holds so many bytes takes no more calls. */
  readonly groupBytes: number;
  /** Bytes of one record as JSON in UTF-8. */
  readonly recordBytes: number;
  /** Bytes of the records of one space, and a byte for each. */
  readonly stateBytes: number;
  /** The newest epochs, which are the newest starts, whose positions can be resumed (rule E2). */
  readonly epochs: number;
  /** Spaces of the store. */
  readonly spaces: number;
  /** What is wrong with stored records at open: so many are listed, all are counted. */
  readonly problems: number;
  /** How long a change of an ephemeral collection may wait for company (rule S6). */
  readonly ephemeralMs: number;
  /** Removed records remembered per space, so that older cursors can be told. */
  readonly tombstones: number;
  /** Of all spaces together. */
  readonly tombstonesInAll: number;
  /** Changes kept in memory per space for plain connections, UTF-16 code units of their JSON. */
  readonly plainLogChars: number;
  /** A diff of more UTF-16 code units of JSON is compressed off the event loop, as full states are. */
  readonly largeDeltaChars: number;
  /** Connections in all, and from one address. */
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** `get_state` answered per connection and minute. */
  readonly snapshotsPerMinute: number;
  /** Messages from one connection per second, averaged over ten. */
  readonly messagesPerSecond: number;
  /** A reader without any progress for this long is closed with 4408 (rule A5). */
  readonly stuckMs: number;
  /** The authority's first message is handed to the socket within this time, snapshot builds not counted. */
  readonly firstMessageMs: number;
  /** How long judging a connection may take (`authorize`). */
  readonly authorizeMs: number;
  /** How long an upgrade that is for no endpoint is left to other listeners. */
  readonly unservedMs: number;
  /** Between two folds of the records into the store. */
  readonly foldMs: number;
  /** No fold is begun later than that after `close`: what is not folded then is read from the log at the next start. */
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
  // A replica takes in a frame of 64 MiB (rule R10): what a full state holds beside its records has room in it.
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
  snapshotsPerMinute: 30,
  messagesPerSecond: 50,
  stuckMs: 60_000,
  firstMessageMs: 5_000,
  authorizeMs: 10_000,
  unservedMs: 5_000,
  foldMs: 1_000,
  closeFoldMs: 2_000,
};

/** The limits of an authority; throws a plain error that names one that can't be one. */
export function limitsFrom(given: Partial<Limits> | undefined): Limits {
  return withDefaults(DEFAULT_LIMITS, given, "limits", {
    zero: ["batchMs", "ephemeralMs", "closeFoldMs", "unservedMs", "tombstones", "tombstonesInAll"],
    mostMs: LONGEST_TIMER_MS,
  });
}
