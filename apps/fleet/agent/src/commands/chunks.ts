/** A command's output is cut into chunks of valid text for the server. */

import { MAX_CHUNK_BYTES } from "@neverstale/fleet-domain";
import { wholeUtf8 } from "./utf8.ts";

/** A chunk is a piece of a command's output. Offsets count the bytes as the command wrote them, not those of `text`. */
export interface Chunk {
  readonly offset: number;
  /** The chunk stands for so many bytes of the output. */
  readonly bytes: number;
  /** The text is valid, and at most `MAX_CHUNK_BYTES` of UTF-8. What was no UTF-8 became U+FFFD. */
  readonly text: string;
}

/**
 * Cuts output into chunks. `bytes` begins at `offset`, where a chunk ended before (or at 0). A sequence that may go on in
 * bytes not read yet is left out, unless `final` says that none will come.
 */
export function cutChunks(bytes: Uint8Array, offset: number, final: boolean): Chunk[] {
  const chunks: Chunk[] = [];
  let at = 0;
  while (at < bytes.length) {
    const chunk = nextChunk(bytes.subarray(at), offset + at, final);
    if (chunk === null) break;
    chunks.push(chunk);
    at += chunk.bytes;
  }
  return chunks;
}

/** One invalid byte becomes the three bytes of U+FFFD: this many bytes fit whatever they hold. */
const ALWAYS_FITS = Math.floor(MAX_CHUNK_BYTES / 3);

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

function nextChunk(rest: Uint8Array, offset: number, final: boolean): Chunk | null {
  for (const limit of [MAX_CHUNK_BYTES, ALWAYS_FITS]) {
    const whole = wholeUtf8(rest, limit);
    const size = whole === 0 && final ? Math.min(rest.length, ALWAYS_FITS) : whole;
    if (size === 0) return null;
    const text = decoder.decode(rest.subarray(0, size));
    if (limit === ALWAYS_FITS || encoder.encode(text).length <= MAX_CHUNK_BYTES) return { offset, bytes: size, text };
  }
  return null;
}
