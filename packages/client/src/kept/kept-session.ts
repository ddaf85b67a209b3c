/** A session keeps the replica of one user: what has to be written, and when, is decided here. */

import type { Millis } from "@neverstale/base";
import { type Position, utf8Bytes } from "@neverstale/protocol";
import type { MovedRecords } from "../records/replica-records.ts";
import { addBuckets, allBuckets } from "./buckets.ts";
import { LEFT_TO_OTHERS_MS, type Written } from "./decisions.ts";

/** Between two writings there is at least this time (rule X8). */
const WRITE_EVERY_MS: Millis = 5_000;
/** A writing of many bytes is followed by a longer pause: a disk is written to at this rate at most. */
const BYTES_A_SECOND = 128 * 1024;
/** A replica that stands still is noted as confirmed so often. */
const CONFIRM_EVERY_MS: Millis = 30_000;
/** The first writing waits until the page has settled. */
const FIRST_WRITE_MS: Millis = 1_000;
const MOST_FAILURES = 7;

export class KeptSession {
  readonly user: string;
  readonly key: string;
  readonly #dirty = allBuckets();
  readonly #bytes = new Map<number, number>();
  /** Null: it is not open yet. */
  #era: number | null = null;
  #base: string | null = null;
  #wasKept = false;
  #isOver = false;
  /** This view was shown last; null stands for everything. Undefined: nothing was. */
  #view: string | null | undefined = undefined;
  #nextAt: Millis;
  #written: { readonly position: Position | null; readonly confirmedAt: number } = NOTHING_WRITTEN;
  #failures = 0;

  constructor(user: string, key: string, now: Millis) {
    this.user = user;
    this.key = key;
    this.#nextAt = now + FIRST_WRITE_MS;
  }

  /** The records at this position are shown. It returns whether those before were of another view. */
  leavesView({ proof }: Position): boolean {
    const before = this.#view;
    this.#view = proof?.view ?? null;
    return before !== undefined && before !== this.#view;
  }

  get era(): number | null {
    return this.#era;
  }

  /** All that moved since this was written is to be written. Null: everything is. */
  get base(): string | null {
    return this.#base;
  }

  get wasKept(): boolean {
    return this.#wasKept;
  }

  /** The state that is kept was confirmed at this time. Null: this page keeps nothing. */
  get keptFrom(): number | null {
    return this.#isOver || this.#written.position === null ? null : this.#written.confirmedAt;
  }

  opened(era: number): void {
    this.#era = era;
  }

  /** The records are shown that this stamp stands for. */
  painted(stamp: string, position: Position, confirmedAt: number, texts: ReadonlyMap<number, string>): void {
    this.#dirty.clear();
    for (const [bucket, text] of texts) this.#bytes.set(bucket, utf8Bytes(text));
    this.#base = stamp;
    this.#wasKept = true;
    this.#written = { position, confirmedAt };
  }

  moved(moved: MovedRecords): void {
    addBuckets(this.#dirty, moved);
  }

  /** Nothing more is kept of it. */
  end(): void {
    this.#isOver = true;
  }

  /** Returns the time at which there is something to be written. Null: there is nothing. */
  dueAt(position: Position | null, confirmedAt: number | null): Millis | null {
    if (this.#isOver || this.#era === null || position === null || confirmedAt === null) return null;
    const { position: before, confirmedAt: confirmedBefore } = this.#written;
    const isConfirmed = confirmedAt - confirmedBefore >= CONFIRM_EVERY_MS;
    return isConfirmed || before === null || !isSame(position, before) ? this.#nextAt : null;
  }

  /** Returns the buckets to be written from here on. What moves while they are being written is written the next time. */
  take(): Set<number> {
    const taken = this.#base === null ? allBuckets() : new Set(this.#dirty);
    this.#dirty.clear();
    return taken;
  }

  /** Returns how many bytes are kept when these texts have been written. */
  bytesWith(texts: ReadonlyMap<number, string | null>): number {
    const bytes = new Map(this.#bytes);
    for (const [bucket, text] of texts) bytes.set(bucket, text === null ? 0 : utf8Bytes(text));
    return [...bytes.values()].reduce((sum, one) => sum + one, 0);
  }

  /** These texts were to be written. */
  answered(written: Written, { stamp, position, confirmedAt, texts, now }: Attempt): void {
    this.#failures = 0;
    this.#nextAt = now + WRITE_EVERY_MS;
    if (written === "written") return this.#noteWritten({ stamp, position, confirmedAt, texts, now });
    if (written === "forgotten" || written === "too_large") return this.end();
    this.#base = null;
    this.#wasKept = true;
    if (written === "all") this.#nextAt = now;
    else this.#nextAt = now + LEFT_TO_OTHERS_MS;
  }

  #noteWritten({ stamp, position, confirmedAt, texts, now }: Attempt): void {
    let bytes = 0;
    for (const [bucket, text] of texts) {
      const size = text === null ? 0 : utf8Bytes(text);
      this.#bytes.set(bucket, size);
      bytes += size;
    }
    this.#base = stamp;
    this.#wasKept = true;
    this.#written = { position, confirmedAt };
    this.#nextAt = now + Math.max(WRITE_EVERY_MS, (bytes / BYTES_A_SECOND) * 1_000);
  }

  /** The place could not be written to. It may be full, or gone. */
  failed(taken: ReadonlySet<number>, now: Millis): void {
    for (const bucket of taken) this.#dirty.add(bucket);
    this.#failures += 1;
    if (this.#failures > MOST_FAILURES) return this.end();
    this.#nextAt = now + WRITE_EVERY_MS * 2 ** this.#failures;
  }
}

function isSame(a: Position, b: Position): boolean {
  return a.version === b.version && a.epoch === b.epoch && a.space === b.space;
}

interface Attempt {
  readonly stamp: string;
  readonly position: Position;
  readonly confirmedAt: number;
  readonly texts: ReadonlyMap<number, string | null>;
  readonly now: Millis;
}

const NOTHING_WRITTEN = { position: null, confirmedAt: Number.NEGATIVE_INFINITY };
