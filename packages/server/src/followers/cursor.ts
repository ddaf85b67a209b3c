import type { Millis } from "@neverstale/base";
import { assert, type Profile } from "@neverstale/protocol";
import type { LargeDelta } from "./frames/large-deltas.ts";
import type { SnapshotKind } from "./frames/snapshots.ts";
import { PartWindow } from "./part-window.ts";
import type { FullStateReason, SyncMetrics } from "./sync-metrics.ts";
import { Window } from "./window.ts";
import type { Frame, Part, Wire } from "./wire.ts";

/** A full state that a cursor waits for. */
export interface Wanted {
  readonly kind: SnapshotKind;
  /** It must be at or above this version (rule A8). */
  readonly atLeast: number;
  readonly reason: FullStateReason;
  /** An answer doesn't wait for the window (rule A4b); a snapshot that nobody asked for does. */
  readonly isAnswer: boolean;
}

/** A message that goes in parts (rule M9): until all of it has been put, the cursor stays where it was. */
export interface UnderWay {
  readonly frame: Frame;
  /** Where it brings the cursor to. */
  readonly version: number;
  readonly isFullState: boolean;
  /** Bytes of it that have been put. */
  putBytes: number;
}

/**
 * A connection's position, and nothing that grows with what it has missed (rule A4).
 *
 *   opening ──first message──> following <──full state── waiting
 *                                  └── get_state, or no diff can be made ──^
 */
export class Cursor {
  readonly wire: Wire;
  readonly profile: Profile;
  /** What the owner of the endpoint knows this connection by (rule A11). */
  readonly subject: unknown;
  readonly window = new Window();
  /** Null: it did not ask for parts. */
  readonly parts: PartWindow | null;
  underWay: UnderWay | null = null;
  /** The version of the last message put. */
  position = 0;
  /** Whether anything has been put: before that there is neither beacon nor answer to a check (rule A7). */
  started = false;
  closed = false;
  wanted: Wanted | null = null;
  /** Whether the build of `wanted` is under way, so that nobody asks twice. */
  building = false;
  /** A large diff for it is being made; whatever comes meanwhile is another one's. */
  awaits: LargeDelta | null = null;
  /** The frame that brings it to the head is to be followed by a `sync` with digest (rule E4, A7). */
  owesDigest = false;
  /** A check that came before the first message. */
  owedCheck: number | null = null;
  /** The number of the last frame that held a full state: at most one is unacked (rule A8). */
  fullStateFrame = 0;
  /** When it was last seen to take something in, or to have nothing to take. */
  progressAt: Millis;
  #sentBytesSeen = 0;
  #wasCongested = false;
  readonly openedAt: Millis;

  constructor(wire: Wire, profile: Profile, subject: unknown, now: Millis, takesParts = false) {
    this.wire = wire;
    this.profile = profile;
    this.subject = subject;
    this.parts = takesParts ? new PartWindow() : null;
    // Whole milliseconds: a fraction would cost an object for each connection.
    this.progressAt = Math.floor(now);
    this.openedAt = this.progressAt;
  }

  /** Whether the reader owes an ack: it has a quarter of a second for it (rule A4b). */
  get hasUnacked(): boolean {
    return this.profile === "v1" && this.window.acked < this.window.put;
  }

  get fullStateUnacked(): boolean {
    return this.profile === "v1" && this.fullStateFrame > this.window.acked;
  }

  /** Whether a delta may be put now. */
  mayPut(metrics: SyncMetrics): boolean {
    if (this.wire.congested) {
      metrics.congested += 1;
      return false;
    }
    if (this.profile === "plain" || this.window.open) return true;
    metrics.windowFull += 1;
    return false;
  }

  /** Where it stands once what is under way has been put. */
  get comesTo(): number {
    return this.underWay?.version ?? this.position;
  }

  /** Whether a message is so large, for this line, that it goes in parts. */
  isLarge(frame: Frame): boolean {
    return this.parts !== null && frame.sizeBytes > this.parts.partBytes;
  }

  /** Puts the next part of what is under way. */
  putPart(underWay: UnderWay, { frame, end, isLast }: Part, now: Millis, metrics: SyncMetrics): void {
    this.put(frame, 1, metrics);
    metrics.parts += 1;
    this.parts?.notePart(this.window.put, frame.sizeBytes, now);
    underWay.putBytes = end;
    if (!isLast) return;
    this.underWay = null;
    this.position = underWay.version;
    if (underWay.isFullState) this.fullStateFrame = this.window.put;
  }

  /** Puts one write of `count` messages. */
  put(frame: Frame, count: number, metrics: SyncMetrics): void {
    assert(!this.closed, "nothing is put on a closed connection");
    this.started = true;
    this.wire.send(frame);
    metrics.frames += count;
    metrics.bytes += frame.sizeBytes;
    if (this.profile === "plain") return;
    // The bytes of a write are counted with its last message: a reader acks them together.
    for (let i = 1; i < count; i += 1) this.window.noteFrame(0);
    this.window.noteFrame(frame.sizeBytes);
  }

  /** Puts a full state; one that is large goes from then on in parts. */
  putFullState(frame: Frame, version: number, metrics: SyncMetrics): void {
    assert(version >= this.position, "a full state never takes a connection back (rule E5)");
    this.wanted = null;
    this.owesDigest = true;
    if (this.isLarge(frame)) {
      this.fullStateFrame = Number.POSITIVE_INFINITY;
      this.underWay = { frame, version, isFullState: true, putBytes: 0 };
      return;
    }
    this.put(frame, 1, metrics);
    this.fullStateFrame = this.window.put;
    this.position = version;
  }

  /**
   * Returns whether the reader is stuck: something waits, and for `stuckMs` it has taken nothing (rule A5). Bytes that
   * leave count when some had been waiting: the kernel takes small ones from us without any reader.
   */
  isStuck(waits: boolean, now: Millis, stuckMs: number): boolean {
    const { sentBytes, congested } = this.wire;
    if (!waits || (this.#wasCongested && sentBytes !== this.#sentBytesSeen)) this.progressAt = Math.floor(now);
    this.#sentBytesSeen = sentBytes;
    this.#wasCongested = congested;
    return now - this.progressAt >= stuckMs;
  }
}
