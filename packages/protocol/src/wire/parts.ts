/** A large message travels in parts, which are put together at the other end (rule M9). */

import { MAX_INFLATED_BYTES } from "./limits.ts";
import { bad } from "./members.ts";

/** A part begins with this byte. A gzip begins with another one. */
const PART_MARK = 0;
/** The header holds the mark, how many bytes the whole message has, and how many of them came before. Both are big-endian. */
export const PART_HEADER_BYTES = 9;

/** It makes the header with which a part begins. */
export function partHeader(sizeBytes: number, from: number): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(PART_HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint8(0, PART_MARK);
  view.setUint32(1, sizeBytes);
  view.setUint32(5, from);
  return header;
}

/** It returns true for a binary frame that is a part of a message, and false for a whole message. */
export function isPart(frame: Uint8Array): boolean {
  return frame[0] === PART_MARK;
}

/** It says how much of a message has come. */
export interface PartProgress {
  readonly receivedBytes: number;
  readonly totalBytes: number;
}

/** The joiner puts the parts of one connection together. */
export class PartJoiner {
  #pieces: Uint8Array[] = [];
  #receivedBytes = 0;
  #totalBytes = 0;

  /** It takes in the next part. With the last part `whole` is the message, else null. It throws `bad_message`. */
  add(part: Uint8Array): PartProgress & { readonly whole: Uint8Array<ArrayBuffer> | null } {
    const header = new DataView(part.buffer, part.byteOffset);
    const piece = part.subarray(PART_HEADER_BYTES);
    if (piece.length === 0 || !isPart(part)) throw bad("a part holds nothing");
    const [totalBytes, from] = [header.getUint32(1), header.getUint32(5)];
    if (this.#receivedBytes === 0) this.#totalBytes = totalBytes;
    const receivedBytes = from + piece.length;
    const isNext = from === this.#receivedBytes && totalBytes === this.#totalBytes;
    if (!isNext || receivedBytes > totalBytes || totalBytes > MAX_INFLATED_BYTES)
      throw bad("a part does not follow, or is too large");
    this.#pieces.push(piece);
    this.#receivedBytes = receivedBytes;
    return { receivedBytes, totalBytes, whole: receivedBytes === totalBytes ? this.#join() : null };
  }

  #join(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(this.#totalBytes);
    let at = 0;
    for (const piece of this.#pieces.splice(0)) {
      whole.set(piece, at);
      at += piece.length;
    }
    this.#receivedBytes = 0;
    return whole;
  }
}
