/** The hub has all connections of one node: who follows what, beacons, and when somebody must go. */

import type { Millis, Timer } from "@neverstale/base";
import {
  CLOSE,
  DEFAULT_BEACON_MS,
  type Everything,
  type GrantedView,
  isSafeId,
  type Position,
  type Profile,
  type RevocationCode,
  SyncError,
} from "@neverstale/protocol";
import type { Committed } from "../space/committed.ts";
import type { Readable } from "../space/readable.ts";
import { followable } from "../space/space-models.ts";
import { spaceOf } from "../space/space-view.ts";
import { beaconInterval } from "./beacon-interval.ts";
import type { CommittedGroups } from "./committed-groups.ts";
import { cantKnow, Entrants } from "./confirming/entrants.ts";
import { Knowledge } from "./confirming/knowledge.ts";
import { Connection, OpenConnections } from "./connections/open-connections.ts";
import { SPREAD_MS, sendAwayOneByOne } from "./connections/send-away.ts";
import { SlowReaders } from "./connections/slow-readers.ts";
import { type Cursor, type CursorOptions, NO_DIFF } from "./cursor.ts";
import { Fanout } from "./fanout.ts";
import type { Snapshot } from "./frames/snapshots.ts";
import type { HubParts } from "./hub-parts.ts";
import { Incoming } from "./incoming.ts";
import { type FullStateReason, newSyncMetrics, type SyncMetrics } from "./sync-metrics.ts";
import { Fanouts } from "./views/fanouts.ts";
import { FollowedSpaces, whyNotResume } from "./views/followed.ts";
import { ViewMemory } from "./views/view-memory.ts";
import type { FrameCodec, Wire } from "./wire.ts";

export class SyncHub {
  readonly metrics: SyncMetrics = newSyncMetrics();
  readonly beaconMs: Millis;
  readonly #groups: CommittedGroups;
  readonly #parts: HubParts;
  readonly #fanouts: Fanouts;
  readonly #followed: FollowedSpaces;
  readonly #connections: OpenConnections;
  readonly #incoming: Incoming;
  readonly #entrants: Entrants;
  readonly #slowReaders: SlowReaders;
  readonly #stopListening: readonly (() => void)[];
  #closed = false;
  #beacon: Timer;
  #sweep: Timer;

  constructor(groups: CommittedGroups, { frames, beaconMs = DEFAULT_BEACON_MS }: HubOptions) {
    this.#groups = groups;
    this.beaconMs = beaconInterval(beaconMs);
    const { metrics } = this;
    const viewMemory = new ViewMemory(groups.limits, metrics);
    const knowledge = new Knowledge(groups);
    this.#parts = { groups, knowledge, frames, beaconMs: this.beaconMs, metrics, viewMemory };
    this.#fanouts = new Fanouts((readable) => this.#newFanout(readable), groups.limits.views, metrics);
    this.#followed = new FollowedSpaces(groups, this.#fanouts);
    this.#connections = new OpenConnections(this.#parts);
    this.#incoming = new Incoming(this.#parts, this.#connections);
    this.#entrants = new Entrants(this.#parts);
    this.#slowReaders = new SlowReaders(this.#parts, this.#connections, (cursor) =>
      this.#giveUp(cursor, this.#cutOff()),
    );
    this.#stopListening = [
      groups.follow((committed) => this.#committed(committed)),
      groups.onTakeover(() => this.#tookOver()),
      groups.onInterrupt(() => this.#sendAllAway()),
      groups.onClose(() => this.close()),
      ...(groups.confirming === null ? [] : [groups.confirming.onConfirmed(() => this.#confirmed())]),
    ];
    this.#beacon = this.#every(this.beaconMs, () => this.#sendBeacons());
    this.#sweep = this.#every(SWEEP_MS, () => this.#lookAround());
  }

  #every(ms: number, run: () => void): Timer {
    let timer: Timer;
    const again = () => {
      timer = this.#groups.runtime.after(ms, () => {
        again();
        run();
      });
    };
    again();
    return { cancel: () => timer.cancel() };
  }

  /**
   * Lets a reader follow a space as soon as the node can judge that: at once where it knows the space and the position, and else
   * after a confirmation (rule N6). This returns how to wait no more, for a reader that is gone.
   */
  enter(wire: Wire, attachment: Attachment, { entered, refused }: Entering): () => void {
    const judge = () => {
      const cursor = this.#attached(wire, attachment, refused);
      if (cursor !== null) entered(cursor);
    };
    if (this.#mayJudge(attachment)) {
      judge();
      return () => {};
    }
    return this.#entrants.wait(wire, attachment.subject, { judge, refuse: refused });
  }

  #attached(wire: Wire, attachment: Attachment, refused: (error: SyncError) => void): Cursor | null {
    try {
      return this.attach(wire, attachment);
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      refused(error);
      return null;
    }
  }

  /** A space or a position that the node has not heard of may be in the chain all the same. */
  #mayJudge({ space: name, resume }: Pick<Attachment, "space" | "resume">): boolean {
    if (!this.#parts.knowledge.mayLag || this.#groups.refusal !== null) return true;
    const space = followable(this.#groups, name);
    if (space === null || resume === null) return space !== null;
    const last = resume.space === space.creationId ? space.lastVersion(resume.epoch) : null;
    return last !== null && resume.version <= last;
  }

  /**
   * Lets a connection follow a space, whose position is judged by what the node knows. It throws `unknown_space` when there is none of that name, and `store_unavailable` while
   * the node serves nobody, or where the position lies beyond the end of the newest epoch (rule N6). It leaves nothing behind then.
   */
  attach(wire: Wire, attachment: Attachment): Cursor {
    const { space: name, resume } = attachment;
    if (this.#groups.refusal !== null) throw this.#groups.refusal;
    const space = followable(this.#groups, name);
    if (space === null) throw unknownSpace(name);
    const now = this.#groups.runtime.now();
    const fanout = this.#followed.fanoutOf(spaceOf(space), attachment);
    const cursor = new Connection(wire, attachment, fanout, this.#incoming.newAllowance(), now);
    this.#connections.add(cursor);
    try {
      if (cursor.oneWay) this.#beginOneWay(cursor, resume);
      else this.#begin(cursor, fanout, resume);
    } catch (error) {
      this.detach(cursor);
      throw error;
    }
    return cursor;
  }

  /** Closes a connection that `attach` did not take, and says why where the profile has a message for it. */
  turnAway(wire: Wire, profile: Profile, error: SyncError): void {
    this.#connections.turnAway(wire, profile, error);
  }

  #newFanout(readable: Readable): Fanout {
    return new Fanout(
      readable,
      this.#parts,
      (cursor, error) => this.#giveUp(cursor, error),
      (cursor) => this.#connections.close(cursor, CLOSE.comeBackNow, null),
    );
  }

  #begin(cursor: Cursor, fanout: Fanout, resume: Position | null): void {
    const refusal = resume === null ? "first" : this.#judge(fanout.readable, resume);
    if (cursor.profile === "v1" && resume !== null && refusal === null) return this.#resume(cursor, fanout, resume);
    fanout.welcome(cursor, refusal ?? "first", refusal === "view" ? resume?.version : 0);
  }

  /** A one-way reader goes on from its position, or is closed with 4408: it fetches a full state for itself (rule H5). */
  #beginOneWay(cursor: Connection, resume: Position | null): void {
    const { fanout } = cursor;
    if (!this.#parts.knowledge.mayServe) throw this.#cutOff();
    if (resume === null || this.#judge(fanout.readable, resume) !== null) return this.#giveUp(cursor, NO_DIFF);
    cursor.position = resume.version;
    if (cursor.silent) fanout.advance(cursor);
    else fanout.speak(cursor);
  }

  /** A silent cursor is to say now how things are, whether there is news or not (rule H2). */
  speak(cursor: Cursor): void {
    if (cursor instanceof Connection && !cursor.closed && cursor.silent) cursor.fanout.speak(cursor);
  }

  /** It resolves once the node can say whether there is a space of that name (rule N6). Null stands for now. */
  whenKnown(name: string): Promise<void> | null {
    if (this.#mayJudge({ space: name, resume: null })) return null;
    return new Promise((resolve, reject) => {
      this.#entrants.wait(null, null, { judge: resolve, refuse: reject });
    });
  }

  /**
   * It resolves with a snapshot of the space, at or above `atLeast` where there is such a version (rule H1). It throws
   * `unknown_space` when there is none of that name.
   */
  snapshot({ space: name, view }: Pick<Attachment, "space" | "view">, atLeast: number): Promise<Snapshot> {
    if (this.#groups.refusal !== null) throw this.#groups.refusal;
    const space = followable(this.#groups, name);
    if (space === null) throw unknownSpace(name);
    if (!this.#parts.knowledge.mayServe) throw this.#cutOff();
    const asked = { view, profile: "v1", oneWay: { waits: false } } as const;
    return this.#followed.fanoutOf(spaceOf(space), asked).snapshot(atLeast);
  }

  /** As `whyNotResume`, for a reader that comes. Where the database has lost its tail, a takeover is due (rule N6). */
  #judge(readable: Readable, position: Position): FullStateReason | null {
    const refusal = whyNotResume(readable, position);
    const isLost = refusal === "ahead" && position.epoch === this.#groups.epoch && this.#parts.knowledge.mayLag;
    if (isLost) throw cantKnow("the position lies beyond the end of the newest epoch");
    return refusal;
  }

  /** The node can't say what is committed (rule N7). */
  #cutOff(): SyncError {
    this.#parts.knowledge.ask();
    return cantKnow("this node has not heard from the store for too long");
  }

  #resume(cursor: Cursor, fanout: Fanout, { version }: Position): void {
    const refusal = fanout.resume(cursor, version);
    if (refusal !== null) return fanout.welcome(cursor, refusal);
    this.metrics.resumed += 1;
  }

  #committed(committed: readonly Committed[]): void {
    for (const group of committed) for (const ended of this.#fanouts.committed(group)) this.#endSpace(ended);
  }

  #tookOver(): void {
    for (const fanout of this.#fanouts.all()) fanout.tookOver();
  }

  #confirmed(): void {
    for (const fanout of this.#fanouts.all()) fanout.confirmed();
    this.#entrants.confirmed();
  }

  #endSpace(fanout: Fanout): void {
    const error = new SyncError("unknown_space", `the space "${fanout.readable.name}" has ended`);
    for (const cursor of [...fanout.cursors]) this.#connections.close(cursor, CLOSE.unknownSpace, error);
  }

  /** A text frame came in. */
  receive(cursor: Cursor, text: string): void {
    this.#incoming.text(cursor, text);
  }

  /** A binary frame came in. */
  receiveBinary(cursor: Cursor): void {
    this.#incoming.binary(cursor);
  }

  #giveUp(cursor: Cursor, cause: unknown): void {
    const error =
      cause instanceof SyncError ? cause : new SyncError("snapshot_failed", "the full state could not be built");
    this.#connections.close(cursor, error === NO_DIFF ? CLOSE.tooSlow : CLOSE.comeBackLater, error);
  }

  /** The socket is gone, or must be treated as gone. */
  detach(cursor: Cursor): void {
    this.#connections.remove(cursor);
  }

  /**
   * It waits for a while: a reader that comes back soon finds the snapshot, or the build under way, and starts no other (rule
   * A8).
   */
  #dropUnused(now: Millis): void {
    for (const fanout of [...this.#fanouts.all()]) {
      if (fanout.cursors.size > 0 || now - fanout.usedAt < UNUSED_MS || fanout.snapshots.isBuilding) continue;
      fanout.stop();
      this.#incoming.forget(fanout);
      this.#fanouts.delete(fanout);
    }
  }

  #sendBeacons(): void {
    for (const fanout of this.#fanouts.ofSpaces()) fanout.beacon();
    this.#beaconsOfViews([...this.#fanouts.ofViews()]);
  }

  /** Views may be many: each few of them have a turn of the event loop of their own (rule V21). */
  #beaconsOfViews(waiting: Fanout[]): void {
    for (const fanout of waiting.splice(0, VIEWS_A_TURN)) fanout.beacon();
    if (waiting.length > 0 && !this.#closed) this.#groups.runtime.soon(() => this.#beaconsOfViews(waiting));
  }

  #lookAround(): void {
    const now = this.#groups.runtime.now();
    this.#dropUnused(now);
    this.#slowReaders.look(now);
  }

  /**
   * Closes every connection that `judge` names a code for, and sends it nothing more (rule A11). It returns how many these
   * were. A connection that can't be judged keeps nobody else connected: the first error of `judge` is thrown when all have
   * been looked at.
   */
  revoke(judge: (subject: unknown) => RevocationCode | null): number {
    let revoked = this.#entrants.revoke(judge);
    const errors: unknown[] = [];
    for (const cursor of this.#connections.all()) {
      try {
        const code = judge(cursor.subject);
        if (code === null) continue;
        this.#connections.close(cursor, code, null);
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
    return this.#connections.values();
  }

  #sendAllAway(): void {
    for (const cursor of this.#connections.all()) this.#connections.close(cursor, CLOSE.comeBackNow, null);
  }

  /** Sends away with 1012 whoever is here, one after the other. Nobody may come meanwhile. */
  drain(): Promise<void> {
    const sendAway = (cursor: Connection) => this.#connections.close(cursor, CLOSE.comeBackNow, null);
    const { runtime } = this.#groups;
    return sendAwayOneByOne({ runtime, open: () => this.#connections.values(), sendAway }, SPREAD_MS);
  }

  /** Sends everyone away with 1012 and stops. This comes by itself when the authority is closed. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stop of this.#stopListening) stop();
    this.#beacon.cancel();
    this.#sweep.cancel();
    this.#sendAllAway();
    this.#entrants.close();
    for (const fanout of this.#fanouts.all()) fanout.stop();
  }
}

/** OpenConnections are looked at for progress so often. */
const SWEEP_MS = 1_000;
/** So long after the last follower of a space has left, everything that was kept for them is let go of. */
const UNUSED_MS = 10_000;
/** So many views are told by one turn of the event loop that nothing has changed. */
const VIEWS_A_TURN = 64;

export interface Attachment extends CursorOptions {
  readonly space: string;
  /** It may be absent where the model has no views. */
  readonly view?: GrantedView | Everything;
  /** It says that it had this position (rule E2). */
  readonly resume: Position | null;
}

/** It is told what became of a reader that was let wait. */
interface Entering {
  readonly entered: (cursor: Cursor) => void;
  readonly refused: (error: SyncError) => void;
}

export interface HubOptions {
  /** This is the codec of the transport that the connections come over. */
  readonly frames: FrameCodec;
  readonly beaconMs?: Millis;
}

/** The name may be anything that a caller put into an address. Only one that a space could have is said again (rule S4). */
function unknownSpace(name: unknown): SyncError {
  return new SyncError("unknown_space", isSafeId(name) ? `there is no space "${name}"` : "no space can have that name");
}
