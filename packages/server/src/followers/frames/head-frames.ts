/** The frames that bring cursors to today's head: each is made once for all who are at the same position (rule A4). */

import { assert, type Diff, encodeDelta, encodeMessage, type Profile, type SyncMessage } from "@neverstale/protocol";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Readable } from "../../space/readable.ts";
import { ViewedSpace } from "../../space/views/viewed-space.ts";
import type { HubParts } from "../hub-parts.ts";
import type { FullStateReason, SyncMetrics } from "../sync-metrics.ts";
import type { Keeper, ViewMemory } from "../views/view-memory.ts";
import type { Frame, FrameCodec } from "../wire.ts";
import { factsOf } from "./history-facts.ts";
import { type LargeDelta, LargeDeltas } from "./large-deltas.ts";
import type { PlainLog } from "./plain-log.ts";
import type { Snapshot } from "./snapshots.ts";

export class HeadFrames implements Keeper {
  readonly #readable: Readable;
  readonly #parts: HubParts;
  readonly #runtime: Pick<Runtime, "wallTime">;
  readonly #frames: FrameCodec;
  readonly #log: PlainLog;
  readonly #metrics: SyncMetrics;
  readonly #largeDeltaChars: number;
  readonly #large: LargeDeltas;
  /** It is null for a whole space. */
  readonly #memory: ViewMemory | null;
  #head = -1;
  #epoch = "";
  readonly #made = new Map<string, Advance>();
  readonly #deltas = new Map<number, Advance>();
  /** These tell the time, and are all of one tenth of a second. */
  readonly #timed = new Map<string, Advance>();
  #timedSlot = -1;
  #timedBytes = 0;
  #keptBytes = 0;

  constructor(readable: Readable, parts: HubParts, log: PlainLog) {
    const { groups, frames, metrics } = parts;
    this.#parts = parts;
    this.#memory = readable instanceof ViewedSpace ? parts.viewMemory : null;
    this.#largeDeltaChars = groups.limits.largeDeltaChars;
    this.#large = new LargeDeltas(readable, frames, groups);
    this.#readable = readable;
    this.#runtime = groups.runtime;
    this.#frames = frames;
    this.#log = log;
    this.#metrics = metrics;
  }

  /** Tickets are of an epoch. */
  #forHead(): void {
    const { epoch } = this.#parts.groups;
    if (this.#head === this.#readable.head && this.#epoch === epoch) return;
    this.#head = this.#readable.head;
    this.#epoch = epoch;
    this.letGo();
  }

  letGo(): void {
    this.#made.clear();
    this.#deltas.clear();
    this.#timed.clear();
    this.#keptBytes = 0;
    this.#timedBytes = 0;
  }

  /** Nobody follows the view any more. */
  stop(): void {
    this.letGo();
    this.#memory?.frames.note(this, 0);
  }

  #forTime(): void {
    const slot = Math.floor(this.#runtime.wallTime() / TIME_SHARED_MS);
    if (this.#timedSlot === slot) return;
    this.#timedSlot = slot;
    this.#timed.clear();
    this.#keptBytes -= this.#timedBytes;
    this.#timedBytes = 0;
  }

  /** Where readers are at many positions, and nothing is committed for long, what is kept for each of them must not add up. */
  #note(advance: Advance): void {
    if (!("frame" in advance)) return;
    this.#keptBytes += advance.frame.sizeBytes;
    if (this.#keptBytes > KEPT_BYTES) this.letGo();
    this.#memory?.frames.note(this, this.#keptBytes);
  }

  #once(key: string, make: () => Advance): Advance {
    this.#forHead();
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#note(made);
    this.#made.set(key, made);
    return made;
  }

  /** It is as `#once`, for frames that tell the time. */
  #onceNow(key: string, make: () => Advance): Advance {
    this.#forHead();
    this.#forTime();
    const known = this.#timed.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#note(made);
    if ("frame" in made) this.#timedBytes += made.frame.sizeBytes;
    this.#timed.set(key, made);
    return made;
  }

  /**
   * It leads from a position to the head. With `digest`, the `sync` that says what the state is there follows in the same
   * write.
   */
  toHead(profile: Profile, from: number, digest: boolean): Advance {
    if (profile === "plain") return this.#once(`plain ${from}`, () => this.#plain(from));
    if (!digest) return this.delta(from);
    return this.#onceNow(`level ${from}`, () => this.#followedBySync(this.delta(from)));
  }

  /** It returns one diff over everything that a v1 cursor has missed. */
  delta(from: number): Advance {
    this.#forHead();
    const large = this.#large.isIdle ? null : this.#largeDelta(from);
    if (large !== null) return large;
    let advance = this.#deltas.get(from);
    if (advance === undefined) {
      advance = this.#makeDelta(from);
      this.#note(advance);
      this.#deltas.set(from, advance);
    }
    return advance;
  }

  /** Has a diff made that is too large to be made at once. */
  makeLarge(from: number): LargeDelta {
    return this.#large.find(from) ?? this.#large.make(from);
  }

  /** It says what became of a diff that was too large to be made at once. Null means that there is none. */
  #largeDelta(from: number): Advance | null {
    if (this.#large.isTooLarge(from)) return { snapshot: "smaller" };
    const large = this.#large.find(from);
    if (large === null) return null;
    if (large.made === null) return { later: true };
    return { ...large.made, count: 1, textLength: Number.POSITIVE_INFINITY };
  }

  #makeDelta(from: number): Advance {
    if (!this.#readable.canDiffFrom(from)) return { snapshot: "too_old" };
    const { head } = this.#readable;
    const diff = this.#readable.diffSince(from);
    this.#metrics.diffs += 1;
    const bytes = this.#readable.movedBytes(from, LONGEST_TURN_BYTES);
    if (bytes > LONGEST_TURN_BYTES) {
      return this.#isLargerThanState(diff, bytes) ? { snapshot: "smaller" } : { later: true };
    }
    const ticket = this.#readable.proofAt(this.#parts.groups.epoch, head)?.ticket ?? null;
    const text = encodeDelta(from, head, diff, ticket);
    if (this.#isLargerThanState(diff, text.length)) return { snapshot: "smaller" };
    if (text.length > this.#largeDeltaChars) return { later: true };
    const frame = this.#frames.encode(text, true);
    return { frame, count: 1, textLength: text.length, version: head, isEmpty: isEmptyObject(diff) };
  }

  /** Only removals can make a diff larger than the state, which is measured when they are the most of it. */
  #isLargerThanState(diff: Diff, textLength: number): boolean {
    let removed = 0;
    for (const name in diff) removed += diff[name]?.remove?.length ?? 0;
    const room = textLength - SNAPSHOT_FACTS_LENGTH;
    return removed > this.#readable.records && room > 0 && !this.#readable.isTextLongerThan(room - 1);
  }

  #plain(from: number): Advance {
    const messages = this.#log.messagesAfter(from);
    if (messages === null) return { snapshot: "plain_log" };
    return this.#joined(
      messages.map((text) => this.#frames.encode(text, false)),
      0,
    );
  }

  #followedBySync(delta: Advance): Advance {
    if (!("frame" in delta)) return delta;
    return this.#joined([delta.frame, this.level().frame], delta.textLength);
  }

  /** It returns the `sync` with the digest of the head, for everyone who is there. */
  level(): { readonly frame: Frame } {
    const advance = this.#onceNow("sync", () => {
      const { head } = this.#readable;
      const frame = this.sync({ type: "sync", version: head, head, digest: this.#readable.digest() });
      return { frame, count: 1, textLength: 0, version: head };
    });
    assert("frame" in advance, "a sync is a frame");
    return advance;
  }

  /** A resumed connection is sent this first, whole, in one write (rule E4). */
  resume(from: number): Advance {
    return this.#onceNow(`resume ${from} ${this.#parts.groups.epoch}`, () => {
      const opening = this.sync(this.facts(from));
      if (from === this.#readable.head) return this.#joined([opening, this.level().frame], 0);
      const delta = this.delta(from);
      if (!("frame" in delta)) return delta;
      return this.#joined([opening, delta.frame, this.level().frame], delta.textLength);
    });
  }

  #joined(parts: readonly Frame[], textLength: number): Advance {
    const [first] = parts;
    const frame = parts.length === 1 && first !== undefined ? first : this.#frames.join(parts);
    return { frame, count: parts.length, textLength, version: this.#readable.head };
  }

  /** It moves a connection at `from` to today's epoch (rule E7). */
  step(from: number): { readonly frame: Frame } {
    const advance = this.#onceNow(`step ${from} ${this.#parts.groups.epoch}`, () => {
      return this.#joined([this.sync(this.facts(from))], 0);
    });
    assert("frame" in advance, "a sync is a frame");
    return advance;
  }

  /** It says where a connection goes on, and in which history. */
  facts(version: number): SyncMessage {
    const { head } = this.#readable;
    return { type: "sync", version, head, resumed: factsOf(this.#readable, this.#parts, head, version) };
  }

  /** It returns a `sync` of this moment, for one connection. */
  sync(message: SyncMessage): Frame {
    const at = Math.max(0, Math.round(this.#runtime.wallTime()));
    return this.#frames.encode(encodeMessage({ ...message, at }), false);
  }

  /** It returns the version of the snapshot where that is near enough the head to start from (rule A8), else the head. */
  nearVersion(newest: Snapshot | null, atLeast: number): number {
    return newest !== null && newest.version >= atLeast && this.#isNear(newest) ? newest.version : this.#readable.head;
  }

  /** A snapshot of this version is near enough the head to start a new connection with it (rule A8). */
  #isNear(snapshot: { version: number; frame: { textBytes: number } }): boolean {
    if (!this.#readable.canDiffFrom(snapshot.version)) return false;
    if (snapshot.version === this.#readable.head) return true;
    const delta = this.delta(snapshot.version);
    return "frame" in delta && delta.textLength <= snapshot.frame.textBytes / 4;
  }
}

/** An advance brings a cursor on: one write, or else a full state, or a diff that is still being made. */
export type Advance =
  | {
      readonly frame: Frame;
      readonly count: number;
      readonly textLength: number;
      readonly version: number;
      /** The state is as it was. */
      readonly isEmpty?: boolean;
    }
  | { readonly snapshot: FullStateReason }
  | { readonly later: true };

function isEmptyObject(object: object): boolean {
  for (const _ in object) return false;
  return true;
}

/** A snapshot has about so many characters beside its records. A small diff is never larger. */
const SNAPSHOT_FACTS_LENGTH = 1024;

/** Records of more bytes than this are not even encoded while everybody waits. */
const LONGEST_TURN_BYTES = 8 * 1024 * 1024;

/** Frames of so many bytes are kept for one head. Beyond it all are let go, and made again where they are wanted (rule P4). */
const KEPT_BYTES = 16 * 1024 * 1024;

/**
 * A frame that tells the time is shared for so long, in milliseconds of the wall clock, and never tells an older one (rule M2).
 */
const TIME_SHARED_MS = 100;
