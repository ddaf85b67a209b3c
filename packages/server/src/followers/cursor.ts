/** A cursor is the position of a connection, and nothing that grows with what the connection has missed (rule A4). */

import type { Millis } from "@neverstale/base";
import { assert, type Profile, SyncError } from "@neverstale/protocol";
import type { LargeDelta } from "./frames/large-deltas.ts";
import type { Snapshot, SnapshotKind } from "./frames/snapshots.ts";
import { PartWindow } from "./part-window.ts";
import { countFullState, type FullStateReason, type SyncMetrics } from "./sync-metrics.ts";
import { Window } from "./window.ts";
import type { Frame, Part, Wire } from "./wire.ts";

/**
 *   opening ──first message──> following <──full state── waiting
 *                                  └── get_state, or no diff can be made ──^
 */
export class Cursor {
  readonly wire: Wire;
  readonly profile: Profile;
  /** The owner of the endpoint knows this connection by it (rule A11). */
  readonly subject: unknown;
  readonly window = new Window();
  /** The reader can't answer: it sends no acks, so there is no window, and a full state is not for it (rule H7). */
  readonly oneWay: boolean;
  /** Nothing is put until something follows its position, or until it is told to speak (rule H2). */
  silent: boolean;
  /** Null means that it did not ask for parts. */
  readonly parts: PartWindow | null;
  /** It takes steps (rule E7). */
  readonly steps: boolean;
  underWay: UnderWay | null = null;
  /** This is the version of the last message that was put. */
  position = 0;
  /** The reader was told this epoch last, or is told it by the message under way. Null: none yet, or its profile has none. */
  epoch: string | null = null;
  /** Something has been put. Before that there is neither beacon nor answer to a check (rule A7). */
  started = false;
  closed = false;
  wanted: Wanted | null = null;
  /** The build of `wanted` is under way, so nobody asks for it again. */
  building = false;
  /** A large diff for it is being made. Whatever comes meanwhile is another one's. */
  awaits: LargeDelta | null = null;
  /** The frame that brings it to the head is to be followed by a `sync` with digest (rules E4 and A7). */
  owesDigest = false;
  /** A check that has no answer yet. */
  owedCheck: OwedCheck | null = null;
  /** This is the number of the last frame that held a full state. At most one is unacked (rule A8). */
  fullStateFrame = 0;
  /** At this time it was last seen to take something in, or to have nothing to take. */
  progressAt: Millis;
  #sentBytesSeen = 0;
  #wasCongested = false;
  readonly openedAt: Millis;

  constructor(
    wire: Wire,
    { profile, subject, parts = false, steps = false, oneWay = null }: CursorOptions,
    now: Millis,
  ) {
    this.wire = wire;
    this.profile = profile;
    this.subject = subject;
    this.parts = parts && profile === "v1" ? new PartWindow() : null;
    this.steps = steps;
    this.oneWay = oneWay !== null;
    this.silent = oneWay?.waits ?? false;
    // These are whole milliseconds, since a fraction would cost an object for each connection.
    this.progressAt = Math.floor(now);
    this.openedAt = this.progressAt;
  }

  get #hasWindow(): boolean {
    return this.profile === "v1" && !this.oneWay;
  }

  /** The reader owes an ack, for which it has a quarter of a second (rule A4b). */
  get hasUnacked(): boolean {
    return this.#hasWindow && this.window.acked < this.window.put;
  }

  get fullStateUnacked(): boolean {
    return (this.underWay?.fullState ?? null) !== null || (this.#hasWindow && this.fullStateFrame > this.window.acked);
  }

  /** Only what the node knows may keep it from the `sync` with digest that it is owed. */
  get couldBeLevel(): boolean {
    return this.owesDigest && !this.wire.congested && (!this.#hasWindow || this.window.open);
  }

  /** A delta may be put now. */
  mayPut(metrics: SyncMetrics): boolean {
    if (this.wire.congested) {
      metrics.congested += 1;
      return false;
    }
    if (!this.#hasWindow || this.window.open) return true;
    metrics.windowFull += 1;
    return false;
  }

  /** It stands at this version once the message under way has been put. */
  get comesTo(): number {
    return this.underWay?.version ?? this.position;
  }

  /** The message is so large, for this line, that it goes in parts. */
  isLarge(frame: Frame): boolean {
    return this.parts !== null && frame.sizeBytes > this.parts.partBytes;
  }

  /** Puts the next part of the message under way. */
  putPart(underWay: UnderWay, { frame, end, isLast }: Part, now: Millis, metrics: SyncMetrics): void {
    const { fullState, putBytes } = underWay;
    if (fullState !== null && putBytes === 0) countFullState(metrics, fullState.wanted.reason);
    this.put(frame, 1, metrics);
    metrics.parts += 1;
    this.parts?.notePart(this.window.put, frame.sizeBytes, now);
    underWay.putBytes = end;
    if (!isLast) return;
    this.underWay = null;
    this.position = underWay.version;
    if (fullState !== null) this.fullStateFrame = this.window.put;
  }

  /**
   * A message of which nothing has been put yet gives way to a step (rule E7). What it was made for is still to be done. It returns
   * whether there was one.
   */
  takeBack(): boolean {
    const { underWay } = this;
    if (underWay === null || underWay.putBytes > 0) return false;
    this.underWay = null;
    if (underWay.fullState === null) return true;
    this.epoch = underWay.fullState.epochBefore;
    this.wanted ??= { ...underWay.fullState.wanted, isAnswer: true }; // It has waited for its turn.
    return true;
  }

  /** A connection that has named lines is told what of them is in the state at a version. */
  tellAt(_version: number, _metrics: SyncMetrics): void {}

  /** Puts one write of `count` messages. */
  put(frame: Frame, count: number, metrics: SyncMetrics): void {
    assert(!this.closed, "nothing is put on a closed connection");
    this.started = true;
    this.wire.send(frame);
    metrics.frames += count;
    metrics.bytes += frame.sizeBytes;
    if (!this.#hasWindow) return;
    // The bytes of a write are counted with its last message, since a reader acks them together.
    for (let i = 1; i < count; i += 1) this.window.noteFrame(0);
    this.window.noteFrame(frame.sizeBytes);
  }

  /** Puts the full state that was wanted. One that is large goes in parts from then on. */
  putFullState(wanted: Wanted, { frame, version, epoch }: Snapshot, metrics: SyncMetrics): void {
    assert(version >= this.position, "a full state never takes a connection back (rule E5)");
    this.wanted = null;
    const epochBefore = this.epoch;
    if (this.profile === "v1") this.epoch = epoch;
    this.owesDigest = true;
    if (this.isLarge(frame)) {
      this.underWay = { frame, version, fullState: { wanted, epochBefore }, putBytes: 0 };
      return;
    }
    countFullState(metrics, wanted.reason);
    this.position = version;
    this.put(frame, 1, metrics);
    this.fullStateFrame = this.window.put;
  }

  /**
   * It returns true when the reader is stuck: something waits, and for `stuckMs` the reader has taken nothing (rule A5). Bytes
   * that leave count only when some had been waiting, since the kernel takes small ones from us without any reader.
   */
  isStuck(waits: boolean, now: Millis, stuckMs: number): boolean {
    const { sentBytes, congested } = this.wire;
    if (!waits || (this.#wasCongested && sentBytes !== this.#sentBytesSeen)) this.progressAt = Math.floor(now);
    this.#sentBytesSeen = sentBytes;
    this.#wasCongested = congested;
    return now - this.progressAt >= stuckMs;
  }
}

/** This is what its reader asked for when it connected. */
export interface CursorOptions {
  readonly profile: Profile;
  readonly subject: unknown;
  /** With true it asked for large messages in parts (rule M9). The default is false. */
  readonly parts?: boolean;
  /** With true it takes steps (rule E7). The default is false. */
  readonly steps?: boolean;
  /** Its page has these lines of mutations (rule U11). By default it has none. */
  readonly lines?: readonly string[];
  /** It is given for a reader that can't answer (rule H7). By default a reader acks, and may ask for the state. */
  readonly oneWay?: OneWay | null;
}

/** A one-way reader is sent what follows its position, and nothing else: no full state, and nothing is expected from it. */
interface OneWay {
  /** With true nothing is put until something follows the position, or `speak` is called. */
  readonly waits: boolean;
}

/** A cursor waits for this full state. */
export interface Wanted {
  readonly kind: SnapshotKind;
  /** It must be at or above this version (rule A8). */
  readonly atLeast: number;
  readonly reason: FullStateReason;
  /** An answer doesn't wait for the window (rule A4b). A snapshot that nobody asked for does. */
  readonly isAnswer: boolean;
}

/** A check waits for its answer: for the first message, for a step, for the socket, or until the node knows (rule N5). */
export interface OwedCheck {
  readonly n: number;
  /** It is a mark of the moment at which the check came: the answer goes by a confirmation that was begun later. */
  readonly begun: number;
  /** The newest check, if it came while this one waited. */
  newer: OwedCheck | null;
}

/** A message that goes in parts (rule M9): until all of it has been put, the cursor stays where it was. */
export interface UnderWay {
  readonly frame: Frame;
  /** It brings the cursor to this version. */
  readonly version: number;
  /** It is the full state that was wanted, for a reader that had been told that epoch before. Null: it is a delta. */
  readonly fullState: { readonly wanted: Wanted; readonly epochBefore: string | null } | null;
  /** So many bytes of it have been put. */
  putBytes: number;
}

/** A one-way cursor from whose position no diff leads on is closed with this very error: its reader needs a full state. */
export const NO_DIFF = new SyncError("too_slow", "no diff leads on from this position", {
  hint: "Ask for the snapshot.",
});
