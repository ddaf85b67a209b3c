/** The window says how far a reader is by its own word: the frames and bytes that were put and are not acked yet (rule A4b). */

import { WINDOW_BYTES } from "@neverstale/protocol";

export class Window {
  /** So many frames have been put so far. */
  put = 0;
  /** So many of them have been acked. */
  acked = 0;
  unackedBytes = 0;
  /** These are pairs: the number of a frame, and how many bytes were put from the mark before up to it. */
  #marks: number[] = [];

  get open(): boolean {
    return this.unackedBytes < WINDOW_BYTES;
  }

  noteFrame(sizeBytes: number): void {
    this.put += 1;
    this.unackedBytes += sizeBytes;
    const last = this.#marks.length - 1;
    if (last > 0 && (this.#marks[last] as number) + sizeBytes <= MARK_BYTES) {
      this.#marks[last - 1] = this.put;
      this.#marks[last] = (this.#marks[last] as number) + sizeBytes;
    } else {
      this.#marks.push(this.put, sizeBytes);
    }
  }

  /** It returns false for a number that no reader can have come to. */
  noteAck(n: number): boolean {
    if (n > this.put || n < this.acked) return false;
    this.acked = n;
    let read = 0;
    while (read < this.#marks.length && (this.#marks[read] as number) <= n) {
      this.unackedBytes -= this.#marks[read + 1] as number;
      read += 2;
    }
    if (read > 0) this.#marks = this.#marks.length === read ? [] : this.#marks.slice(read);
    return true;
  }
}

/** A mark stands for so many bytes, so that there are a few marks in a window, whatever the size of the frames. */
const MARK_BYTES = 32 * 1024;
