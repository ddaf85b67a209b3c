import {
  CLOSE,
  type ClientMessage,
  type CloseCode,
  DEFAULT_BEACON_MS,
  decodeClientMessage,
  decodePlainClientMessage,
  encodeMessage,
  isSafeId,
  type Position,
  type Profile,
  type ResyncReason,
  SyncError,
  type SyncMessage,
} from "@neverstale/protocol";
import type { StateManager } from "../authority/state-manager.ts";
import type { Frame, Millis, Timer, Wire } from "../runtime/runtime.ts";
import { type Committed, committedChanges, committedSpace } from "../space/committed.ts";
import type { Space } from "../space/space.ts";
import { spaceOf } from "../space/space-view.ts";
import { beaconInterval } from "./beacon-interval.ts";
import { Bucket, type Rate } from "./bucket.ts";
import { Cursor } from "./cursor.ts";
import { Fanout } from "./fanout.ts";
import { type FullStateReason, newSyncMetrics, type SyncMetrics } from "./sync-metrics.ts";

/** How often connections are looked at for progress. */
const SWEEP_MS = 1_000;
/** What is kept for the followers of a space is let go of so long after the last one has left. */
const UNUSED_MS = 10_000;
/** Rule A8: plain `get_state`s within a second of a snapshot are answered by one at the end of that second. */
const PLAIN_ANSWER_GAP_MS = 1_000;

export interface Attachment {
  readonly space: string;
  readonly profile: Profile;
  /** The position it says it had (rule E2). */
  readonly resume: Position | null;
  readonly subject: unknown;
  /** Whether it asked for large messages in parts (rule M9). Default: no. */
  readonly parts?: boolean;
}

/** A cursor and what its connection may ask for. */
class Connection extends Cursor {
  readonly fanout: Fanout;
  readonly messages: Bucket;
  /** Made with the first `get_state`. */
  snapshots: Bucket | null = null;

  constructor(wire: Wire, attachment: Attachment, fanout: Fanout, messages: Bucket, now: Millis) {
    const { profile, subject, parts = false } = attachment;
    super(wire, profile, subject, now, parts && profile === "v1");
    this.fanout = fanout;
    this.messages = messages;
  }
}

/** All connections of one authority: who follows what, what they say, and when they must go. */
export class SyncHub {
  readonly metrics: SyncMetrics = newSyncMetrics();
  readonly beaconMs: number;
  readonly #manager: StateManager;
  readonly #fanouts = new Map<Space, Fanout>();
  readonly #connections = new Set<Connection>();
  readonly #messageRate: Rate;
  readonly #snapshotRate: Rate;
  readonly #unfollow: () => void;
  readonly #forget: () => void;
  #closed = false;
  readonly #plainAnswers = new Map<Fanout, Millis>();
  #beacon: Timer;
  #sweep: Timer;

  constructor(manager: StateManager, options: { readonly beaconMs?: number } = {}) {
    this.#manager = manager;
    this.beaconMs = beaconInterval(options.beaconMs ?? DEFAULT_BEACON_MS);
    const { messagesPerSecond, snapshotsPerMinute } = manager.limits;
    this.#messageRate = { perSecond: messagesPerSecond, burst: messagesPerSecond * 10 };
    this.#snapshotRate = { perSecond: snapshotsPerMinute / 60, burst: snapshotsPerMinute };
    this.#unfollow = manager.follow((committed) => this.#committed(committed));
    this.#forget = manager.onClose(() => this.close());
    this.#beacon = this.#every(this.beaconMs, () => this.#sendBeacons());
    this.#sweep = this.#every(SWEEP_MS, () => this.#lookAround());
  }

  #every(ms: number, run: () => void): Timer {
    let timer: Timer;
    const again = () => {
      timer = this.#manager.runtime.after(ms, () => {
        again();
        run();
      });
    };
    again();
    return { cancel: () => timer.cancel() };
  }

  /** Lets a connection follow a space. Throws, and leaves nothing behind: `unknown_space` when there is none of that name. */
  attach(wire: Wire, attachment: Attachment): Cursor {
    const space = this.#manager.space(attachment.space);
    if (space === null) throw unknownSpace(attachment.space);
    const now = this.#manager.runtime.now();
    const fanout = this.#fanoutOf(spaceOf(space));
    const cursor = new Connection(wire, attachment, fanout, new Bucket(this.#messageRate, now), now);
    this.#connections.add(cursor);
    this.metrics.connections += 1;
    this.metrics.accepted += 1;
    fanout.join(cursor);
    try {
      this.#begin(cursor, fanout, attachment.resume);
    } catch (error) {
      this.detach(cursor);
      throw error;
    }
    return cursor;
  }

  /** Closes a connection that `attach` did not take, and says why where the profile has a message for it. */
  turnAway(wire: Wire, profile: Profile, error: SyncError): void {
    if (profile === "v1") wire.send(this.#errorFrame(error));
    wire.close(error.code === "unknown_space" ? CLOSE.unknownSpace : CLOSE.comeBackLater, error.code);
  }

  #fanoutOf(space: Space): Fanout {
    let fanout = this.#fanouts.get(space);
    if (fanout === undefined) {
      fanout = this.#newFanout(space);
      this.#fanouts.set(space, fanout);
    }
    return fanout;
  }

  #newFanout(space: Space): Fanout {
    const { runtime, limits, epoch } = this.#manager;
    const facts = { epoch, beaconMs: this.beaconMs, lineage: () => space.lineage.toWire(space.head) };
    const giveUp = (cursor: Cursor, error: unknown) => this.#giveUp(cursor, error);
    return new Fanout(space, facts, runtime, limits, this.metrics, giveUp, () => this.#manager.isWriting);
  }

  #begin(cursor: Cursor, fanout: Fanout, resume: Position | null): void {
    const refusal = resume === null ? "first" : this.#whyNotResume(fanout.space, resume);
    if (cursor.profile === "v1" && resume !== null && refusal === null) return this.#resume(cursor, fanout, resume);
    fanout.welcome(cursor, refusal ?? "first");
  }

  /** Rule E2. */
  #whyNotResume(space: Space, { epoch, space: creationId, version }: Position): FullStateReason | null {
    const last = creationId === space.creationId ? space.lineage.lastVersion(epoch, space.head) : null;
    if (last === null) return "epoch";
    if (version > last) return "ahead";
    return space.canDiffFrom(version) ? null : "too_old";
  }

  #resume(cursor: Cursor, fanout: Fanout, { version }: Position): void {
    const refusal = fanout.resume(cursor, version, this.#resumeMessage(fanout.space, version));
    if (refusal !== null) return fanout.welcome(cursor, refusal);
    this.metrics.resumed += 1;
  }

  /** The first message of a resumed connection (rule E4). */
  #resumeMessage(space: Space, version: number): SyncMessage {
    const resumed = {
      epoch: this.#manager.epoch,
      space: space.creationId,
      model: space.model.model,
      beaconMs: this.beaconMs,
      lineage: space.lineage.toWire(space.head),
    };
    return { type: "sync", version, head: space.head, resumed };
  }

  #committed(committed: readonly Committed[]): void {
    for (const group of committed) {
      const space = committedSpace(group);
      const fanout = this.#fanouts.get(space);
      if (fanout === undefined) continue;
      fanout.committed(group.firstVersion, committedChanges(group));
      if (space.removed) this.#endSpace(fanout);
    }
  }

  #endSpace(fanout: Fanout): void {
    const error = new SyncError("unknown_space", `the space "${fanout.space.name}" has ended`);
    for (const cursor of [...fanout.cursors]) this.#close(cursor, CLOSE.unknownSpace, error);
  }

  /** A text frame came in. */
  receive(cursor: Cursor, text: string): void {
    if (!(cursor instanceof Connection) || cursor.closed) return;
    if (!cursor.messages.take(this.#messageRate, this.#manager.runtime.now())) return this.#tooMany(cursor, "messages");
    try {
      if (cursor.profile === "plain") this.#takePlain(cursor, decodePlainClientMessage(text));
      else this.#take(cursor, decodeClientMessage(text));
    } catch (error) {
      if (!(error instanceof SyncError) || error.code !== "bad_message") throw error;
      this.#badMessage(cursor, error);
    }
  }

  /** A binary frame came in: no message of a replica is binary. */
  receiveBinary(cursor: Cursor): void {
    this.#badMessage(cursor, new SyncError("bad_message", "a replica sends text frames only"));
  }

  #badMessage(cursor: Cursor, error: SyncError): void {
    this.metrics.badMessages += 1;
    this.#close(cursor, CLOSE.badMessage, error);
  }

  #take(cursor: Connection, message: ClientMessage): void {
    const { fanout } = cursor;
    if (message.type === "check") return fanout.check(cursor, message.n);
    if (message.type === "get_state") return this.#takeGetState(cursor, message.reason);
    const before = cursor.window.acked;
    if (!cursor.window.noteAck(message.n)) {
      throw new SyncError("bad_message", `ack ${message.n} is no number this connection can have come to`);
    }
    this.metrics.acks += 1;
    if (message.n === before) return; // Said before: it tells of no progress (rule A5).
    // As many acks as frames were put are no flood, however fast they come.
    cursor.messages.giveBack();
    cursor.progressAt = this.#manager.runtime.now();
    fanout.acked(cursor, message.n);
  }

  #takeGetState(cursor: Connection, reason: ResyncReason): void {
    const { fanout } = cursor;
    const now = this.#manager.runtime.now();
    cursor.snapshots ??= new Bucket(this.#snapshotRate, now);
    if (!cursor.snapshots.take(this.#snapshotRate, now)) return this.#tooMany(cursor, "requests for the state");
    // The full state under way to it is the answer (rule A8).
    if (cursor.fullStateUnacked) return;
    const wanted = cursor.wanted;
    if (wanted !== null) return fanout.want(cursor, { ...wanted, isAnswer: true });
    fanout.want(cursor, { kind: "full_state", atLeast: cursor.comesTo, reason: `asked_${reason}`, isAnswer: true });
  }

  #takePlain(cursor: Connection, _: { readonly type: "get_state" }): void {
    if (cursor.wanted !== null) return;
    const { fanout } = cursor;
    const { runtime } = this.#manager;
    const since = runtime.now() - (this.#plainAnswers.get(fanout) ?? Number.NEGATIVE_INFINITY);
    // A version out of reach holds the deltas back until the second has passed. It is not given as an answer, which
    // would not wait: without acks, what is asked for again and again and never read would fill the memory (rule P4).
    cursor.wanted = {
      kind: "plain_full_state",
      atLeast: Number.POSITIVE_INFINITY,
      reason: "asked_plain",
      isAnswer: false,
    };
    cursor.building = true;
    const answer = () => this.#answerPlain(cursor, fanout);
    if (since >= PLAIN_ANSWER_GAP_MS) answer();
    else runtime.after(PLAIN_ANSWER_GAP_MS - since, answer);
  }

  #answerPlain(cursor: Cursor, fanout: Fanout): void {
    if (cursor.closed || cursor.wanted === null) return;
    this.#plainAnswers.set(fanout, this.#manager.runtime.now());
    fanout.want(cursor, { ...cursor.wanted, atLeast: cursor.position });
  }

  #tooMany(cursor: Cursor, what: string): void {
    this.metrics.rateLimited += 1;
    const error = new SyncError("too_many_requests", `this connection sends too many ${what}`, { retryAfterMs: 5_000 });
    this.#close(cursor, CLOSE.comeBackLater, error);
  }

  #giveUp(cursor: Cursor, cause: unknown): void {
    const error =
      cause instanceof SyncError ? cause : new SyncError("snapshot_failed", "the full state could not be built");
    this.#close(cursor, CLOSE.comeBackLater, error);
  }

  /** Says why, where the profile has a message for it, then closes. */
  #close(cursor: Cursor, code: CloseCode, error: SyncError | null): void {
    if (cursor.closed) return;
    if (error !== null && cursor.profile === "v1") cursor.put(this.#errorFrame(error), 1, this.metrics);
    this.detach(cursor);
    cursor.wire.close(code, error?.code ?? "");
  }

  #errorFrame({ code, message, hint, retryAfterMs }: SyncError): Frame {
    const retry = retryAfterMs === null ? {} : { retryAfterMs };
    return this.#manager.runtime.frames.encode(encodeMessage({ type: "error", code, message, hint, ...retry }), false);
  }

  /** The socket is gone, or must be treated as gone. */
  detach(cursor: Cursor): void {
    if (!(cursor instanceof Connection) || !this.#connections.delete(cursor)) return;
    cursor.closed = true;
    cursor.wanted = null;
    cursor.underWay = null;
    cursor.awaits = null;
    this.metrics.connections -= 1;
    cursor.fanout.leave(cursor);
  }

  /** Not at once: who comes back soon finds the snapshot there was, or the build under way, and starts no other (rule A8). */
  #dropUnused(now: Millis): void {
    for (const fanout of this.#fanouts.values()) {
      if (fanout.cursors.size > 0 || now - fanout.usedAt < UNUSED_MS || fanout.snapshots.isBuilding) continue;
      fanout.stop();
      this.#plainAnswers.delete(fanout);
      this.#fanouts.delete(fanout.space);
    }
  }

  #sendBeacons(): void {
    for (const fanout of this.#fanouts.values()) fanout.beacon();
  }

  #lookAround(): void {
    const now = this.#manager.runtime.now();
    this.#dropUnused(now);
    this.#lookForStuck(now);
  }

  /** A hidden page runs its timers once a minute: it acks with the next frame that comes, with the next beacon at the latest. */
  get #stuckMs(): Millis {
    return Math.max(this.#manager.limits.stuckMs, 2 * this.beaconMs);
  }

  #lookForStuck(now: Millis): void {
    const { firstMessageMs } = this.#manager.limits;
    const stuckMs = this.#stuckMs;
    for (const cursor of [...this.#connections]) {
      const { fanout } = cursor;
      const building = cursor.awaits !== null || (cursor.wanted !== null && cursor.building);
      const behind = cursor.position < fanout.space.head && !building;
      const waits = behind || cursor.wire.congested || cursor.hasUnacked;
      if (cursor.isStuck(waits, now, stuckMs)) this.#tooSlow(cursor);
      else if (!cursor.started && !building && now - cursor.openedAt > firstMessageMs) this.#tooLate(cursor);
    }
  }

  /** No build is under way and still nothing has gone out: a new connection is more likely to be served than this one. */
  #tooLate(cursor: Cursor): void {
    this.metrics.lateFirstMessages += 1;
    const { firstMessageMs } = this.#manager.limits;
    const message = `nothing could be sent within ${firstMessageMs / 1000} s`;
    this.#close(cursor, CLOSE.comeBackLater, new SyncError("snapshot_failed", message, { retryAfterMs: 5_000 }));
  }

  #tooSlow(cursor: Cursor): void {
    this.metrics.tooSlow += 1;
    const error = new SyncError("too_slow", `nothing was taken for ${this.#stuckMs / 1000} s`, {
      hint: "Come back with the position you have: the rest comes as one diff.",
    });
    this.#close(cursor, CLOSE.tooSlow, error);
  }

  /**
   * Closes whom `judge` names a code for; they are sent nothing more (rule A11). Returns how many. Who can't be judged
   * keeps nobody else connected: what `judge` threw first is thrown when all have been.
   */
  revoke(judge: (subject: unknown) => typeof CLOSE.notSignedIn | typeof CLOSE.forbidden | null): number {
    let revoked = 0;
    const errors: unknown[] = [];
    for (const cursor of [...this.#connections]) {
      try {
        const code = judge(cursor.subject);
        if (code === null) continue;
        this.#close(cursor, code, null);
        revoked += 1;
      } catch (error) {
        errors.push(error);
      }
    }
    this.metrics.revoked += revoked;
    if (errors.length > 0) throw errors[0];
    return revoked;
  }

  get cursors(): Iterable<Cursor> {
    return this.#connections;
  }

  /** Sends everyone away with 1012 and stops: a graceful end. It comes by itself when the authority is closed. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#forget();
    this.#unfollow();
    this.#beacon.cancel();
    this.#sweep.cancel();
    for (const cursor of [...this.#connections]) this.#close(cursor, CLOSE.comeBackNow, null);
    for (const fanout of this.#fanouts.values()) fanout.stop();
  }
}

/** The name may be anything a caller put into an address: only one that a space could have is said again (rule S4). */
function unknownSpace(name: unknown): SyncError {
  return new SyncError("unknown_space", isSafeId(name) ? `there is no space "${name}"` : "no space can have that name");
}
