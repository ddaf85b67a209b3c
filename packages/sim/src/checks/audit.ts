/** The audit judges what the authority puts on one connection, and what the replica says, on the wire alone. */

import { CLOSE, WINDOW_BYTES } from "@neverstale/protocol";
import type { WireMessage } from "../network/frames.ts";
import type { RunCounters } from "./counters.ts";
import type { History, HistoryMoment, Report } from "./history.ts";
import { PartsAudit } from "./parts-audit.ts";
import { StepsAudit, type StepsAuditOptions } from "./steps-audit.ts";
import type { ViewAudit } from "./views/view-audit.ts";

export class Audit {
  readonly #report: Report;
  readonly #plain: boolean;
  readonly #history: () => History | null;
  /** This is the version of the last message that was put. */
  #position: number | null = null;
  readonly #largestFrame: () => number;
  /** This was true at the position that the replica says it has. */
  readonly #claimed: HistoryMoment | null;
  readonly #counters: RunCounters;
  /** These are the sizes of the frames that were put, in order. */
  readonly #sizes: number[] = [];
  #unackedBytes = 0;
  /** So many were unacked before a `mutated`, which goes out with the message behind it (rule U11). */
  #bytesBeforeMutated: number | null = null;
  #framesPut = 0;
  #framesAcked = 0;
  #fullStateFrame = 0;
  #getStateAt: number | null = null;
  #lastSaid = "";
  readonly #parts: PartsAudit;
  readonly #steps: StepsAudit | null;
  readonly #entry: JudgedEntry;
  #hasBegun = false;
  readonly #views: ViewAudit | null;
  /** The checks came at these times. */
  readonly #checkedAt = new Map<number, number>();

  constructor(
    report: Report,
    { plain, parts, steps, history, largestFrame, claimed, counters, entry, views }: AuditOptions,
  ) {
    this.#entry = entry;
    this.#views = views;
    this.#steps = plain ? null : new StepsAudit(report, counters, steps);
    this.#parts = new PartsAudit(report, parts && !plain, () => this.#steps?.isDue === true);
    this.#counters = counters;
    this.#largestFrame = largestFrame;
    this.#claimed = claimed;
    this.#report = report;
    this.#plain = plain;
    this.#history = history;
  }

  putAfterClose({ id }: Audited): void {
    this.#report("A11", `${id} is sent something after it was closed`);
  }

  /** `full` says that bytes waited in the process when the write began. */
  put({ id, bufferedBytes }: Audited, message: WireMessage, full: boolean): void {
    const { part } = message;
    const { type, head, isFullState } = part?.of ?? message;
    this.#parts.put(id, message);
    const windowBytes = this.#bytesBeforeMutated ?? this.#unackedBytes;
    if (type === "delta" && (part?.from ?? 0) === 0 && (this.#plain ? full : windowBytes >= WINDOW_BYTES)) {
      this.#report("A4b", `${id} is put a delta though its window is full`);
    }
    this.#bytesBeforeMutated = type === "mutated" ? windowBytes : null;
    this.#framesPut += 1;
    this.#sizes.push(message.sizeBytes);
    this.#unackedBytes += message.sizeBytes;
    const held = this.#plain ? bufferedBytes : this.#unackedBytes - WINDOW_BYTES;
    if (held > 3 * this.#largestFrame() + SMALL_FRAMES_BYTES) this.#report("P4", `${held} bytes are held for ${id}`);
    if (part === null || part.from === 0) this.#views?.put(id, part?.of ?? message, part !== null);
    if (type === "error" || type === "mutated") return;
    if (!this.#hasBegun) this.#entry.begins(message);
    this.#hasBegun = true;
    const durable = this.#history()?.head.version ?? 0;
    if (head > durable) this.#report("A1", `${id} is told of version ${head}, and ${durable} is durable`);
    if (part === null || part.from === 0) this.#steps?.put(id, part?.of ?? message);
    if (part !== null && part.from > 0) return part.isLast ? this.#putLast(part.of) : undefined;
    if (isFullState) this.#putFullState(id, part?.of ?? message);
    else if (type === "sync") this.#putSync(id, message);
    else this.#putDelta(id, part?.of ?? message);
    if (part === null || part.isLast) this.#putLast(part?.of ?? message);
  }

  #putFullState(id: string, { version }: WireMessage): void {
    if (version < (this.#position ?? 0)) this.#report("A8", `${id} is taken back from ${this.#position} to ${version}`);
    if (!this.#plain && this.#fullStateFrame > this.#framesAcked)
      this.#report("A8", `${id} has two full states unacked`);
    this.#fullStateFrame = Number.POSITIVE_INFINITY;
  }

  /** All of a message has been put. */
  #putLast({ type, version, isFullState }: WireMessage): void {
    if (type !== "sync" || !this.#parts.underWay) this.#position = version;
    if (isFullState) this.#fullStateFrame = this.#framesPut;
  }

  #putSync(id: string, message: WireMessage): void {
    const { version, head, isResume, check } = message;
    if (check !== null || message.hasDigest)
      this.#entry.vouches(message, check === null ? null : (this.#checkedAt.get(check) ?? null));
    const opens = isResume && this.#position === null;
    if (opens && version < head) this.#counters.add("resumed_by_diff");
    if (opens && (this.#claimed === null || this.#history()?.moments[version] !== this.#claimed)) {
      this.#report("E3", `${id} is resumed at ${version} into another history`);
    }
    const position = this.#position ?? (this.#parts.underWay ? 0 : null);
    if (!opens && version !== position) {
      this.#report("A7", `${id} was brought to ${this.#position}, and a sync says ${version}`);
    }
  }

  #putDelta(id: string, { text, version }: WireMessage): void {
    const from = this.#plain ? version - 1 : Number.parseInt(text.slice('{"type":"delta","from":'.length), 10);
    if (from !== this.#position) this.#report("A4", `${id} stands at ${this.#position}, and a delta begins at ${from}`);
  }

  /** The clock of the replica last jumped at `jumpedAt`. Its timeouts are over then. */
  said({ id, meddledWith }: Audited, text: string, now: number, jumpedAt: number): void {
    const message = JSON.parse(text) as { readonly type: string; readonly reason?: string };
    const lastSaid = this.#lastSaid;
    this.#lastSaid = message.type;
    if (message.type !== "get_state" || this.#plain) return;
    if (lastSaid !== "ack") this.#report("R2", `${id} asks for the state and has not said how far it is`);
    if (!meddledWith) this.#steps?.askedForState(id, message.reason ?? "");
    const out = this.#getStateAt;
    if (out !== null && out > jumpedAt && now - out < GET_STATE_TIMEOUT_MS)
      this.#report("R2", `${id} has two get_state out`);
    this.#getStateAt = now;
  }

  /** The authority ends the connection. A replica says nothing wrong when nobody meddled with its frames. */
  closed({ id, meddledWith }: Audited, code: number): void {
    if (code === CLOSE.badMessage && !meddledWith) this.#report("M3", `${id} is closed for what its replica said`);
    if (!this.#hasBegun) this.#entry.refused(code);
    if (code === CLOSE.comeBackNow) this.#steps?.sentAway(id);
  }

  /** A text has reached the authority. */
  heard(text: string, now: number): void {
    const message = JSON.parse(text) as { readonly type: string; readonly n?: number };
    if (message.type === "check") {
      this.#parts.heardCheck(message.n ?? 0);
      this.#checkedAt.set(message.n ?? 0, now);
    }
    if (message.type !== "ack" || message.n === undefined) return;
    for (let frame = this.#framesAcked; frame < message.n; frame += 1) this.#unackedBytes -= this.#sizes[frame] ?? 0;
    this.#framesAcked = message.n;
  }

  /** A message has reached the replica. */
  arrived(message: WireMessage): void {
    const { isFullState, type } = message.part?.isLast === true ? message.part.of : message;
    if (isFullState || type === "error") this.#getStateAt = null;
  }
}

/** A `get_state` counts as being out for so long (rule R2). */
const GET_STATE_TIMEOUT_MS = 10_000;
/** So many bytes of small frames may go out beyond the window, because beacons don't wait for it (rule A4b). */
const SMALL_FRAMES_BYTES = 64 * 1024;

/** An audit has to know this of the connection that it judges. */
export interface Audited {
  readonly id: string;
  readonly bufferedBytes: number;
  /** When somebody meddled with it, its frames can't be counted any more. */
  readonly meddledWith: boolean;
}

export interface AuditOptions {
  /** It is null where the space is not followed by views. */
  readonly views: ViewAudit | null;
  readonly plain: boolean;
  /** The replica asked for large messages in parts (rule M9). */
  readonly parts: boolean;
  readonly steps: StepsAuditOptions;
  /** It returns what is durable of the space that is followed. */
  readonly history: () => History | null;
  readonly largestFrame: () => number;
  readonly claimed: HistoryMoment | null;
  readonly counters: RunCounters;
  readonly entry: JudgedEntry;
}

/** Somebody else judges what a connection is told of what is the newest, and how it begins. */
export interface JudgedEntry {
  /** The process has let it in. Where its space is gone by now, it is closed as others are that follow one. */
  enters(): void;
  /** This is put first, whole or in parts. */
  begins(message: WireMessage): void;
  /** The `sync` says that the version is the newest, or what is. It answers the check that came at that time, if any. */
  vouches(sync: WireMessage, checkedAt: number | null): void;
  /** It is closed with this code, and has been sent nothing but an error. */
  refused(code: number): void;
}
