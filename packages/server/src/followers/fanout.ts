/** A fan-out has everyone who follows one space, or one view of it: a set of cursors, brought to the head in rounds (rule A4). */

import type { Millis } from "@neverstale/base";
import { assert, type Change, encodeMessage } from "@neverstale/protocol";
import type { Runtime } from "../runtime/runtime.ts";
import type { Readable } from "../space/readable.ts";
import { ViewedSpace } from "../space/views/viewed-space.ts";
import type { CommittedGroups } from "./committed-groups.ts";
import { HeldBack } from "./confirming/held-back.ts";
import type { Knowledge } from "./confirming/knowledge.ts";
import { type Cursor, NO_DIFF, type UnderWay, type Wanted } from "./cursor.ts";
import { HeadFrames } from "./frames/head-frames.ts";
import { PlainLog } from "./frames/plain-log.ts";
import { type Snapshot, type SnapshotKind, Snapshots } from "./frames/snapshots.ts";
import type { HubParts } from "./hub-parts.ts";
import { RoundSchedule } from "./round-schedule.ts";
import { Steps } from "./steps.ts";
import type { FullStateReason, SyncMetrics } from "./sync-metrics.ts";
import type { Frame, FrameCodec } from "./wire.ts";

export class Fanout {
  readonly readable: Readable;
  /** Others' work is not to show as frames here (rule V12). */
  readonly isOfView: boolean;
  readonly headFrames: HeadFrames;
  readonly snapshots: Snapshots;
  readonly cursors = new Set<Cursor>();
  /** At this time the last one left. */
  usedAt: Millis;
  readonly #groups: CommittedGroups;
  readonly #runtime: Runtime;
  readonly #frames: FrameCodec;
  readonly #metrics: SyncMetrics;
  /** No full state could be made for the cursor. */
  readonly #giveUp: (cursor: Cursor, error: unknown) => void;
  readonly #log: PlainLog;
  readonly #steps: Steps;
  readonly #rounds: RoundSchedule;
  #plainCursors = 0;
  readonly #knowledge: Knowledge;
  readonly #held: HeldBack;
  /** A round, or a beacon, waits until the node knows more. */
  #roundIsDue = false;
  #beaconIsDue = false;

  /** `sendAway` ends a connection that is to come back at once. */
  constructor(
    readable: Readable,
    parts: HubParts,
    giveUp: (cursor: Cursor, error: unknown) => void,
    sendAway: (cursor: Cursor) => void,
  ) {
    const { groups, frames, knowledge, metrics } = parts;
    this.readable = readable;
    this.isOfView = readable instanceof ViewedSpace;
    this.#groups = groups;
    this.#knowledge = knowledge;
    this.#runtime = groups.runtime;
    this.#rounds = new RoundSchedule(groups, () => this.round());
    this.usedAt = groups.runtime.now();
    this.#frames = frames;
    this.#metrics = metrics;
    this.#giveUp = giveUp;
    this.#log = new PlainLog(groups.limits.plainLogChars);
    this.#log.clear(readable.head);
    this.snapshots = new Snapshots(readable, parts);
    this.headFrames = new HeadFrames(readable, parts, this.#log);
    this.#steps = new Steps(parts, this.headFrames, sendAway);
    this.#held = new HeldBack(parts, this.#steps, (cursor) => this.advance(cursor));
  }

  join(cursor: Cursor): void {
    this.cursors.add(cursor);
    if (cursor.profile !== "plain") return;
    if (this.#plainCursors === 0) this.#log.clear(this.readable.head);
    this.#plainCursors += 1;
  }

  leave(cursor: Cursor): void {
    this.#held.remove(cursor);
    this.usedAt = this.#runtime.now();
    if (!this.cursors.delete(cursor) || cursor.profile !== "plain") return;
    this.#plainCursors -= 1;
  }

  /** A commit is durable, and everyone is to hear of it. */
  committed(firstVersion: number, changes: readonly Change[]): void {
    if (this.cursors.size === 0 || changes.length === 0) return;
    if (this.#plainCursors > 0) this.#log.append(firstVersion, changes);
    this.#rounds.committed(changes.length);
  }

  /** Somebody has taken over: everyone is told in which epoch it goes on. */
  tookOver(): void {
    for (const cursor of [...this.cursors]) {
      // A step names the head: the follower of a view that stands behind it is told that it lacks nothing (rule V12).
      const lags = this.isOfView && cursor.started && cursor.position !== this.readable.head;
      if (lags) cursor.owesDigest = true;
      if (!this.#steps.tookOver(cursor) || (lags && !this.advance(cursor))) this.#held.add(cursor);
    }
  }

  /** Brings every cursor to the head that may be sent something. */
  round(): void {
    this.#roundIsDue = !this.#knowledge.mayServe;
    if (this.#roundIsDue) return this.#knowledge.ask();
    this.#rounds.measured(() => this.#bringAllOn());
  }

  #bringAllOn(): void {
    this.#metrics.rounds += 1;
    let plainLevel = true;
    for (const cursor of this.cursors) {
      if (!this.advance(cursor)) this.#held.add(cursor);
      else this.#held.remove(cursor);
      if (cursor.profile === "plain" && cursor.position !== this.readable.head) plainLevel = false;
    }
    if (this.#plainCursors > 0 && plainLevel) this.#log.clear(this.readable.head);
  }

  /** Its reader has taken in all frames up to number `n`. */
  acked(cursor: Cursor, n: number): void {
    cursor.parts?.noteAck(n, this.#runtime.now());
    if (cursor.underWay === null) this.#held.tryNow(cursor);
    else if (!this.advance(cursor)) this.#held.add(cursor);
  }

  /** It returns false when the cursor has something to be sent that can't be sent now. */
  advance(cursor: Cursor): boolean {
    if (cursor.closed) return true;
    const stepped = this.#steps.take(cursor);
    const answered = this.#answerOwedCheck(cursor);
    return this.#bringOn(cursor, stepped) && answered && stepped;
  }

  /** Before a step that is due only a full state may go, as it tells the epoch too. */
  #bringOn(cursor: Cursor, stepped: boolean): boolean {
    if (cursor.closed) return true;
    if (!this.#knowledge.mayServe) return false;
    if (cursor.silent) {
      if (cursor.position !== this.readable.head) this.speak(cursor);
      return !this.#held.has(cursor);
    }
    // What waits for the end of a message in parts goes then: a step first of all.
    if (cursor.underWay !== null) return this.#putParts(cursor, cursor.underWay) ? this.advance(cursor) : true;
    if (cursor.wanted !== null) return this.#provide(cursor, cursor.wanted);
    if (!stepped) return false;
    if (cursor.position === this.readable.head) return !cursor.owesDigest || this.#putLevel(cursor);
    if (cursor.awaits !== null) return true;
    if (!cursor.mayPut(this.#metrics)) return false;
    const goesAlone = this.#deltaThatGoesAlone(cursor);
    if (goesAlone !== null) return goesAlone;
    const withDigest = cursor.owesDigest && this.#mayVouchTo(cursor);
    const advance = this.headFrames.toHead(cursor.profile, cursor.position, withDigest);
    if ("snapshot" in advance) return this.#moveToSnapshot(cursor, advance.snapshot);
    if ("later" in advance) return this.#await(cursor);
    cursor.position = this.readable.head;
    if (withDigest) cursor.owesDigest = false;
    cursor.put(advance.frame, advance.count, this.#metrics);
    return !cursor.owesDigest;
  }

  /** A silent cursor begins as a resumed connection does, with news or without. */
  speak(cursor: Cursor): void {
    cursor.silent = false;
    if (this.resume(cursor, cursor.position) !== null) this.#giveUp(cursor, NO_DIFF);
  }

  /**
   * A diff that is large for its line, or took its time to be made, goes by itself, and the rest is seen to later. Null stands
   * for the usual diff, which goes to the head in one write with all that is due behind it.
   */
  #deltaThatGoesAlone(cursor: Cursor): boolean | null {
    if (cursor.profile === "plain") return null;
    const advance = this.headFrames.delta(cursor.position);
    if ("later" in advance) return this.#await(cursor);
    const isNothing = this.isOfView && "frame" in advance && advance.isEmpty === true;
    // A diff of nothing goes with the `sync` that is owed, and waits for the node to know what that says (rule V12).
    if (isNothing && !(cursor.owesDigest && this.#knowledge.mayVouch)) return !cursor.owesDigest;
    if (!("frame" in advance) || (advance.version === this.readable.head && !cursor.isLarge(advance.frame)))
      return null;
    if (cursor.isLarge(advance.frame)) {
      cursor.underWay = { frame: advance.frame, version: advance.version, fullState: null, putBytes: 0 };
    } else {
      cursor.position = advance.version;
      cursor.put(advance.frame, 1, this.#metrics);
    }
    return this.advance(cursor);
  }

  /** The diff for it is made off the event loop. Then it is brought on. */
  #await(cursor: Cursor): boolean {
    const large = this.headFrames.makeLarge(cursor.position);
    cursor.awaits = large;
    large.done.then(() => {
      if (cursor.awaits !== large) return;
      cursor.awaits = null;
      if (!this.advance(cursor)) this.#held.add(cursor);
    });
    return true;
  }

  /**
   * Puts as many parts as the line takes. The next ack brings it on. It returns true when all are put. Beacons and answers to
   * checks go between the parts. An answer that is owed, since the socket was full, goes first, unless it is to stand behind a
   * step.
   */
  #putParts(cursor: Cursor, underWay: UnderWay): boolean {
    cursor.wire.together(() => {
      while (cursor.underWay !== null && cursor.parts?.open === true && !this.#isAnswerDue(cursor)) {
        const part = this.#frames.part(underWay.frame, underWay.putBytes, cursor.parts.partBytes);
        cursor.putPart(underWay, part, this.#runtime.now(), this.#metrics);
        this.#answerOwedCheck(cursor);
      }
    });
    return cursor.underWay === null;
  }

  /** A connection goes on from a position (rule E4). It returns why it can't, and then nothing has been put; else null. */
  resume(cursor: Cursor, from: number): FullStateReason | null {
    const delta = from === this.readable.head ? null : this.headFrames.delta(from);
    if (delta !== null && "snapshot" in delta) return delta.snapshot;
    const isLong =
      delta !== null && ("later" in delta || delta.version < this.readable.head || cursor.isLarge(delta.frame));
    if (isLong || !this.#knowledge.mayVouch) {
      cursor.position = from;
      cursor.epoch = this.#groups.epoch;
      cursor.owesDigest = true;
      cursor.put(this.headFrames.sync(this.headFrames.facts(from)), 1, this.#metrics);
      if (!this.advance(cursor)) this.#held.add(cursor);
      return null;
    }
    const advance = this.headFrames.resume(from);
    assert("frame" in advance, "the diff of a resumed connection is there");
    cursor.epoch = this.#groups.epoch;
    cursor.wire.together(() => {
      cursor.tellAt(from, this.#metrics);
      cursor.position = this.readable.head;
      cursor.put(advance.frame, advance.count, this.#metrics);
    });
    return null;
  }

  /** Puts a `sync` with digest, for a cursor at the head. It returns false when the node can't vouch for it. */
  #putLevel(cursor: Cursor): boolean {
    if (!this.#mayVouchTo(cursor)) return false;
    cursor.owesDigest = false;
    if (cursor.profile === "v1") cursor.put(this.headFrames.level().frame, 1, this.#metrics);
    return true;
  }

  /** The plain profile is told no digest. */
  #mayVouchTo({ profile }: Cursor): boolean {
    return profile === "plain" || this.#knowledge.mayVouch;
  }

  /** Where no diff can be made the cursor is moved to the snapshot (rule A5). */
  #moveToSnapshot(cursor: Cursor, reason: FullStateReason): boolean {
    if (cursor.oneWay) {
      this.#giveUp(cursor, NO_DIFF);
      return true;
    }
    if (cursor.fullStateUnacked) return false;
    const plain = cursor.profile === "plain";
    const kind = plain ? "plain_full_state" : "full_state";
    // A plain connection goes on with the log of changes, whatever a diff could do.
    const atLeast = plain ? this.#log.floor : this.#nearVersion(kind, cursor.position + 1);
    cursor.wanted = { kind, atLeast, reason, isAnswer: false };
    return this.#provide(cursor, cursor.wanted);
  }

  #nearVersion(kind: SnapshotKind, atLeast: number): number {
    return this.headFrames.nearVersion(this.snapshots.newest(kind), atLeast);
  }

  /** It resolves with a snapshot that may be given to whoever has no position, or one at or above `atLeast` (rule H1). */
  snapshot(atLeast: number): Promise<Snapshot> {
    this.usedAt = this.#runtime.now();
    const least = Math.min(atLeast, this.readable.head);
    return this.snapshots.atLeast(this.#nearVersion("full_state", least), "full_state");
  }

  /**
   * A connection has no position to resume from. It is given the state, and a diff over what has moved since. `shown` is the version
   * that it shows of this very history, but in another view (rule V14): its state is not below that.
   */
  welcome(cursor: Cursor, reason: FullStateReason, shown = 0): void {
    const plain = cursor.profile === "plain";
    // A plain connection has no way to say where it is: its first state is at or above today's head (rule A8).
    const kind = plain ? "plain_init" : "init";
    const atLeast = plain ? this.readable.head : this.#nearVersion(kind, Math.min(shown, this.readable.head));
    this.want(cursor, { kind, atLeast, reason, isAnswer: true });
  }

  /** Gives a waiting cursor its full state as soon as there is one. */
  want(cursor: Cursor, wanted: Wanted): void {
    cursor.wanted = wanted;
    cursor.building = false;
    if (!this.#provide(cursor, wanted)) this.#held.add(cursor);
  }

  #provide(cursor: Cursor, wanted: Wanted): boolean {
    const newest = this.snapshots.newest(wanted.kind);
    if (cursor.underWay !== null) return true; // A message that was begun is put to its end first.
    if (newest !== null && newest.version >= wanted.atLeast) return this.#give(cursor, wanted, newest);
    if (cursor.building) return true;
    cursor.building = true;
    this.snapshots.atLeast(wanted.atLeast, wanted.kind).then(
      () => {
        cursor.building = false;
        if (!this.advance(cursor)) this.#held.add(cursor);
      },
      (error) => {
        cursor.building = false;
        if (!cursor.closed) this.#giveUp(cursor, error);
      },
    );
    return true;
  }

  #give(cursor: Cursor, wanted: Wanted, snapshot: Snapshot): boolean {
    if (!wanted.isAnswer && !cursor.mayPut(this.#metrics)) return false;
    let advanced = false;
    cursor.wire.together(() => {
      cursor.putFullState(wanted, snapshot, this.#metrics);
      this.#answerOwedCheck(cursor);
      advanced = this.advance(cursor);
    });
    return advanced;
  }

  /** Answers a `check`: it says where this connection is, and what the state is there when that is the head. */
  check(cursor: Cursor, n: number): void {
    this.#metrics.checks += 1;
    const check = { n, begun: this.#knowledge.begun, newer: null };
    // The first one that waits keeps its place, so that those who ask ever again are answered all the same.
    if (cursor.owedCheck === null || this.#knowledge.isNewerThan(cursor.owedCheck.begun)) cursor.owedCheck = check;
    else cursor.owedCheck.newer = check;
    if (cursor.started && !this.#answerOwedCheck(cursor)) this.#held.add(cursor);
  }

  /**
   * A full socket is owed one answer, to the newest check: those of a reader that does not read must not add up (rule P4). While
   * the first one waits until the node knows, the newest is kept beside it.
   */
  #answerOwedCheck(cursor: Cursor): boolean {
    const owed = cursor.owedCheck;
    if (owed === null || !this.#mayAnswer(cursor)) return true;
    if (cursor.wire.congested || !this.#isAnswerDue(cursor)) return false;
    if (this.isOfView) this.#catchUp(cursor);
    cursor.owedCheck = owed.newer;
    this.#putSync(cursor, owed.n);
    return this.#answerOwedCheck(cursor);
  }

  /** The cursor of a view may stand behind the head though it lacks nothing: whoever asks is told that it does not (rule V12). */
  #catchUp(cursor: Cursor): void {
    const isBusy = cursor.underWay !== null || cursor.wanted !== null || cursor.awaits !== null;
    if (isBusy || cursor.position === this.readable.head || !this.#knowledge.mayServe) return;
    const advance = this.headFrames.delta(cursor.position);
    const isSmall = "frame" in advance && advance.version === this.readable.head && !cursor.isLarge(advance.frame);
    if (!isSmall || !cursor.mayPut(this.#metrics)) {
      cursor.owesDigest = true; // So it is brought there as soon as that can be done.
      return this.#held.add(cursor);
    }
    cursor.position = advance.version;
    cursor.put(advance.frame, 1, this.#metrics);
  }

  /** It is known what the answer would say (rules N4 and N5), and nothing is to go before it. */
  #isAnswerDue(cursor: Cursor): boolean {
    const { owedCheck } = cursor;
    if (owedCheck === null || !this.#mayAnswer(cursor)) return false;
    return this.#knowledge.mayVouch && this.#knowledge.isNewerThan(owedCheck.begun);
  }

  /** An answer stands behind the first message, and behind a step that is due (rule E7). */
  #mayAnswer(cursor: Cursor): boolean {
    return cursor.started && !cursor.closed && !this.#steps.isDue(cursor);
  }

  #putSync(cursor: Cursor, check: number | null): void {
    const { head } = this.readable;
    const level = cursor.position === head && cursor.wanted === null && cursor.underWay === null;
    const digest = level ? { digest: this.readable.digest() } : {};
    const answer = check === null ? {} : { check };
    const putBytes = cursor.underWay?.putBytes ?? 0;
    const part = putBytes === 0 ? {} : { part: putBytes };
    const sync = this.headFrames.sync({ type: "sync", version: cursor.position, head, ...digest, ...answer, ...part });
    cursor.put(sync, 1, this.#metrics);
  }

  /** Sends the beacon, in order with the deltas: whoever can be brought to the head is, and is told its digest (rule A7). */
  beacon(): void {
    this.#beaconIsDue = !this.#knowledge.mayVouch;
    if (this.#beaconIsDue) return this.#knowledge.ask();
    const plain = new Map<number, Frame>();
    this.#rounds.told();
    for (const cursor of this.cursors) {
      if (cursor.closed || !cursor.started) continue;
      this.#metrics.beacons += 1;
      if (cursor.profile === "v1") this.#beaconV1(cursor);
      else this.#beaconPlain(cursor, plain);
    }
  }

  #beaconV1(cursor: Cursor): void {
    cursor.owesDigest = true;
    const reached = this.advance(cursor);
    if (cursor.owesDigest && !cursor.closed && this.#knowledge.mayVouch) this.#putSync(cursor, null);
    if (!reached) this.#held.add(cursor);
  }

  #beaconPlain(cursor: Cursor, made: Map<number, Frame>): void {
    if (!this.advance(cursor)) this.#held.add(cursor);
    const { position } = cursor;
    const frame = made.get(position) ?? this.#frames.encode(encodeMessage({ type: "sync", version: position }), false);
    made.set(position, frame);
    cursor.put(frame, 1, this.#metrics);
  }

  /** The node knows more than before. */
  confirmed(): void {
    if (this.#beaconIsDue) this.beacon();
    if (this.#roundIsDue) this.round();
    this.#held.confirmed();
  }

  stop(): void {
    this.#rounds.stop();
    this.#held.stop();
    this.headFrames.stop();
    this.snapshots.stop();
  }
}
