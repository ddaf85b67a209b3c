/** The window of parts says how much of a message in parts may be under way to one reader (rule M9). */

import type { Millis } from "@neverstale/base";
import { MAX_PART_BYTES } from "@neverstale/protocol";

/**
 * It allows about what the reader's line carries in half a second, so that a message behind it is there soon. The sockets and
 * the network are no measure, since they buffer megabytes. The acks are.
 */
export class PartWindow {
  #bytes = FIRST_BYTES;
  #put: Put[] = [];
  #unackedBytes = 0;
  #ackedBytes = 0;
  /** This is the shortest time that an ack took: the way there and back. */
  #quickestMs = Number.POSITIVE_INFINITY;
  /** It counts bytes in a millisecond. */
  #rate = 0;

  get open(): boolean {
    return this.#unackedBytes < this.#bytes;
  }

  /** The next part may hold so much of its message. A message of at most so much goes as one frame. */
  get partBytes(): number {
    return Math.min(MAX_PART_BYTES, Math.max(LEAST_PART_BYTES, Math.round(this.#bytes / PARTS_A_WINDOW)));
  }

  notePart(n: number, sizeBytes: number, now: Millis): void {
    this.#put.push({ n, sizeBytes, at: now, ackedBytes: this.#ackedBytes });
    this.#unackedBytes += sizeBytes;
  }

  /** All frames up to number `n` have been taken in. */
  noteAck(n: number, now: Millis): void {
    let newest: Put | null = null;
    while (this.#put[0] !== undefined && this.#put[0].n <= n) {
      newest = this.#put.shift() as Put;
      this.#unackedBytes -= newest.sizeBytes;
      this.#ackedBytes += newest.sizeBytes;
    }
    if (newest !== null) this.#learn(Math.max(1, now - newest.at), this.#ackedBytes - newest.ackedBytes);
  }

  /** While the newest part was under way, so many bytes arrived: the line is at least as fast as that. */
  #learn(tookMs: Millis, arrivedBytes: number): void {
    this.#quickestMs = Math.min(this.#quickestMs, tookMs);
    this.#rate = Math.max(arrivedBytes / tookMs, this.#rate * KEPT_RATE);
    const bytes = this.#rate * (this.#quickestMs + QUEUE_MS);
    this.#bytes = Math.min(MOST_BYTES, Math.max(LEAST_BYTES, Math.round(bytes)));
  }
}

/**
 * It begins with so much, while nothing is known of the line: little enough for a slow one, enough for a fast one to begin
 * with.
 */
const FIRST_BYTES = 32 * 1024;
const LEAST_BYTES = 8 * 1024;
/** A fast line over a long way needs so much: 40 MB/s where an ack takes 100 ms. */
const MOST_BYTES = 4 * 1024 * 1024;
/** A window is so many parts: the first one's ack comes long before the last one has arrived. */
const PARTS_A_WINDOW = 4;
const LEAST_PART_BYTES = 4 * 1024;
/** A message that is put behind a full window is on its way after about so long. */
const QUEUE_MS = 400;
/** One slow ack is no slow line, so this share of the rate seen before still counts. */
const KEPT_RATE = 0.75;

interface Put {
  /** This is the number of the frame on its connection. */
  readonly n: number;
  readonly sizeBytes: number;
  readonly at: Millis;
  /** So many bytes had been acked by then. */
  readonly ackedBytes: number;
}
