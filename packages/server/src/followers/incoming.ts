/** Messages of replicas come in here: acks, checks, and requests for the state, as many as each replica may send. */

import { type Millis, TokenBucket } from "@neverstale/base";
import {
  CLOSE,
  type ClientMessage,
  decodeClientMessage,
  decodePlainClientMessage,
  type ResyncReason,
  SyncError,
} from "@neverstale/protocol";
import { Connection, type OpenConnections } from "./connections/open-connections.ts";
import type { Cursor } from "./cursor.ts";
import type { Fanout } from "./fanout.ts";
import type { HubParts } from "./hub-parts.ts";

export class Incoming {
  readonly #parts: HubParts;
  readonly #connections: OpenConnections;
  /** At this time the plain connections of each space were answered last. */
  readonly #plainAnswers = new Map<Fanout, Millis>();

  constructor(parts: HubParts, connections: OpenConnections) {
    this.#parts = parts;
    this.#connections = connections;
  }

  /** So much may a new connection send. */
  newAllowance(): TokenBucket {
    const { limits, runtime } = this.#parts.groups;
    const { messagesPerSecond } = limits;
    return new TokenBucket(messagesPerSecond * BURST_SECONDS, messagesPerSecond, Math.floor(runtime.now()));
  }

  get #now(): Millis {
    return this.#parts.groups.runtime.now();
  }

  /** A text frame came in. */
  text(cursor: Cursor, text: string): void {
    if (!(cursor instanceof Connection) || cursor.closed) return;
    if (!cursor.messages.take(1, Math.floor(this.#now))) return this.#tooMany(cursor, "messages");
    try {
      if (cursor.profile === "plain") this.#plain(cursor, decodePlainClientMessage(text));
      else this.#message(cursor, decodeClientMessage(text));
    } catch (error) {
      if (!(error instanceof SyncError) || error.code !== "bad_message") throw error;
      this.#bad(cursor, error);
    }
  }

  /** A binary frame came in: no message of a replica is binary. */
  binary(cursor: Cursor): void {
    this.#bad(cursor, new SyncError("bad_message", "a replica sends text frames only"));
  }

  #bad(cursor: Cursor, error: SyncError): void {
    this.#parts.metrics.badMessages += 1;
    this.#connections.close(cursor, CLOSE.badMessage, error);
  }

  #message(cursor: Connection, message: ClientMessage): void {
    const { fanout } = cursor;
    if (message.type === "check") return fanout.check(cursor, message.n);
    if (message.type === "get_state") return this.#getState(cursor, message.reason);
    const before = cursor.window.acked;
    if (!cursor.window.noteAck(message.n)) {
      throw new SyncError("bad_message", `ack ${message.n} is no number this connection can have come to`);
    }
    this.#parts.metrics.acks += 1;
    if (message.n === before) return; // It was said before, so it tells of no progress (rule A5).
    // As many acks as frames were put are no flood, however fast they come.
    cursor.messages.giveBack(1);
    cursor.progressAt = this.#now;
    fanout.acked(cursor, message.n);
  }

  #getState(cursor: Connection, reason: ResyncReason): void {
    const { fanout } = cursor;
    if (!this.#mayAskForState(cursor)) return this.#tooMany(cursor, "requests for the state");
    // The full state under way to it is the answer (rule A8).
    if (cursor.fullStateUnacked) return;
    const wanted = cursor.wanted;
    if (wanted !== null) return fanout.want(cursor, { ...wanted, isAnswer: true });
    fanout.want(cursor, { kind: "full_state", atLeast: cursor.comesTo, reason: `asked_${reason}`, isAnswer: true });
  }

  #mayAskForState(cursor: Connection): boolean {
    const { snapshotsPerMinute } = this.#parts.groups.limits;
    const now = Math.floor(this.#now);
    cursor.snapshots ??= new TokenBucket(snapshotsPerMinute, snapshotsPerMinute / 60, now);
    return cursor.snapshots.take(1, now);
  }

  /** The plain profile has one message. */
  #plain(cursor: Connection, _: { readonly type: "get_state" }): void {
    if (cursor.wanted !== null) return;
    const { fanout } = cursor;
    const since = this.#now - (this.#plainAnswers.get(fanout) ?? Number.NEGATIVE_INFINITY);
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
    else this.#parts.groups.runtime.after(PLAIN_ANSWER_GAP_MS - since, answer);
  }

  #answerPlain(cursor: Cursor, fanout: Fanout): void {
    if (cursor.closed || cursor.wanted === null) return;
    this.#plainAnswers.set(fanout, this.#now);
    fanout.want(cursor, { ...cursor.wanted, atLeast: cursor.position });
  }

  #tooMany(cursor: Cursor, what: string): void {
    this.#parts.metrics.rateLimited += 1;
    const error = new SyncError("too_many_requests", `this connection sends too many ${what}`, { retryAfterMs: 5_000 });
    this.#connections.close(cursor, CLOSE.comeBackLater, error);
  }

  /** Nobody follows the space any more. */
  forget(fanout: Fanout): void {
    this.#plainAnswers.delete(fanout);
  }
}

/** Plain `get_state`s within a second of a snapshot are answered by one at the end of that second (rule A8). */
const PLAIN_ANSWER_GAP_MS = 1_000;

/** Messages are counted over so many seconds: as many may come at once. */
const BURST_SECONDS = 10;
