/** The open connections of a hub, and how each of them ends. */

import type { Millis, TokenBucket } from "@neverstale/base";
import { CLOSE, type CloseCode, encodeMessage, type Profile, type SyncError } from "@neverstale/protocol";
import { Cursor, type CursorOptions } from "../cursor.ts";
import type { Fanout } from "../fanout.ts";
import type { HubParts } from "../hub-parts.ts";
import type { SyncMetrics } from "../sync-metrics.ts";
import { ToldLines } from "../told-lines.ts";
import type { Frame, Wire } from "../wire.ts";

export class OpenConnections {
  readonly #parts: HubParts;
  readonly #open = new Set<Connection>();

  constructor(parts: HubParts) {
    this.#parts = parts;
  }

  /** It returns a copy, since a connection may leave while they are walked over. */
  all(): Connection[] {
    return [...this.#open];
  }

  values(): Iterable<Connection> {
    return this.#open;
  }

  add(connection: Connection): void {
    const { metrics } = this.#parts;
    this.#open.add(connection);
    if (connection.lines.length > 0) connection.tellLines(new ToldLines(connection.lines, this.#parts));
    metrics.connections += 1;
    metrics.accepted += 1;
    connection.fanout.join(connection);
  }

  /** The socket is gone, or must be treated as gone. */
  remove(cursor: Cursor): void {
    if (!(cursor instanceof Connection) || !this.#open.delete(cursor)) return;
    cursor.closed = true;
    cursor.wanted = null;
    cursor.underWay = null;
    cursor.awaits = null;
    this.#parts.metrics.connections -= 1;
    cursor.fanout.leave(cursor);
  }

  /** Says why, where the profile has a message for it, then closes. */
  close(cursor: Cursor, code: CloseCode, error: SyncError | null): void {
    if (cursor.closed) return;
    if (error !== null && cursor.profile === "v1" && !cursor.oneWay)
      cursor.put(this.#errorFrame(error), 1, this.#parts.metrics);
    this.remove(cursor);
    cursor.wire.close(code, error?.code ?? "");
  }

  /** Closes a wire that never became a connection, and says why where the profile has a message for it. */
  turnAway(wire: Wire, profile: Profile, error: SyncError): void {
    if (profile === "v1") wire.send(this.#errorFrame(error));
    wire.close(CODE_OF.get(error.code) ?? CLOSE.comeBackLater, error.code);
  }

  #errorFrame({ code, message, hint, retryAfterMs }: SyncError): Frame {
    const retry = retryAfterMs === null ? {} : { retryAfterMs };
    return this.#parts.frames.encode(encodeMessage({ type: "error", code, message, hint, ...retry }), false);
  }
}

const CODE_OF: ReadonlyMap<string, CloseCode> = new Map([
  ["unknown_space", CLOSE.unknownSpace],
  ["forbidden", CLOSE.forbidden],
]);

/** A cursor, and how much its reader may still ask for. */
export class Connection extends Cursor {
  readonly fanout: Fanout;
  readonly messages: TokenBucket;
  /** It is made with the first `get_state`. */
  snapshots: TokenBucket | null = null;
  /** Its page has these lines of mutations. */
  readonly lines: readonly string[];
  #told: ToldLines | null = null;

  constructor(wire: Wire, options: CursorOptions, fanout: Fanout, messages: TokenBucket, now: Millis) {
    super(wire, options, now);
    this.fanout = fanout;
    this.messages = messages;
    this.lines = options.profile === "v1" && options.oneWay == null ? (options.lines ?? []) : [];
  }

  tellLines(told: ToldLines): void {
    this.#told = told;
  }

  override tellAt(version: number, metrics: SyncMetrics): void {
    for (const mutated of this.#told?.dueAt(version) ?? []) super.put(mutated, 1, metrics);
  }

  /** The news of its lines goes directly in front of what brings it there (rule U11), and never between two parts (rule M9). */
  override put(frame: Frame, count: number, metrics: SyncMetrics): void {
    const due = (this.underWay?.putBytes ?? 0) > 0 ? [] : (this.#told?.dueAt(this.comesTo) ?? []);
    if (due.length === 0) return super.put(frame, count, metrics);
    this.wire.together(() => {
      for (const mutated of due) super.put(mutated, 1, metrics);
      super.put(frame, count, metrics);
    });
  }
}
