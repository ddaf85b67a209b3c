/** Readers that take nothing, or that nothing can be sent to, are sent away (rule A5). */

import type { Millis } from "@neverstale/base";
import { CLOSE, SyncError } from "@neverstale/protocol";
import type { Cursor } from "../cursor.ts";
import type { HubParts } from "../hub-parts.ts";
import type { OpenConnections } from "./open-connections.ts";

export class SlowReaders {
  readonly #parts: HubParts;
  readonly #connections: OpenConnections;
  readonly #cutOff: (cursor: Cursor) => void;

  /** `cutOff` closes a one-way reader of a node that can't say what is committed. */
  constructor(parts: HubParts, connections: OpenConnections, cutOff: (cursor: Cursor) => void) {
    this.#parts = parts;
    this.#connections = connections;
    this.#cutOff = cutOff;
  }

  /**
   * A hidden page runs its timers once a minute, so it acks with the next frame that comes, with the next beacon at the latest.
   */
  get #stuckMs(): Millis {
    return Math.max(this.#parts.groups.limits.stuckMs, 2 * this.#parts.beaconMs);
  }

  look(now: Millis): void {
    const { firstMessageMs } = this.#parts.groups.limits;
    const stuckMs = this.#stuckMs;
    const isCutOff = !this.#parts.knowledge.mayServe;
    let readersBehind = 0;
    let longestBehindMs = 0;
    for (const cursor of this.#connections.all()) {
      const { fanout } = cursor;
      const building = cursor.awaits !== null || (cursor.wanted !== null && cursor.building);
      // In a view a position says nothing of what is lacking.
      const behind = !fanout.isOfView && cursor.position < fanout.readable.head && !building && !isCutOff;
      const waits = behind || cursor.wire.congested || cursor.hasUnacked;
      if (cursor.isStuck(waits, now, stuckMs)) this.#tooSlow(cursor);
      else if (!cursor.started && !cursor.silent && !building && now - cursor.openedAt > firstMessageMs)
        this.#tooLate(cursor);
      else if (isCutOff && cursor.oneWay) this.#cutOff(cursor);
      if (!waits || cursor.closed) continue;
      readersBehind += 1;
      longestBehindMs = Math.max(longestBehindMs, now - cursor.progressAt);
    }
    Object.assign(this.#parts.metrics, { readersBehind, longestBehindMs: Math.round(longestBehindMs) });
  }

  /** No build is under way and still nothing has gone out. A new connection is more likely to be served than this one. */
  #tooLate(cursor: Cursor): void {
    this.#parts.metrics.lateFirstMessages += 1;
    const { firstMessageMs } = this.#parts.groups.limits;
    const message = `nothing could be sent within ${firstMessageMs / 1000} s`;
    this.#connections.close(
      cursor,
      CLOSE.comeBackLater,
      new SyncError("snapshot_failed", message, { retryAfterMs: 5_000 }),
    );
  }

  #tooSlow(cursor: Cursor): void {
    this.#parts.metrics.tooSlow += 1;
    const error = new SyncError("too_slow", `nothing was taken for ${this.#stuckMs / 1000} s`, {
      hint: "Come back with the position you have: the rest comes as one diff.",
    });
    this.#connections.close(cursor, CLOSE.tooSlow, error);
  }
}
