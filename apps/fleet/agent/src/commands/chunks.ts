import { wholeUtf8 } from "./utf8.ts";

/** A piece of a command's output. Offsets count the bytes as the command wrote them, not those of `text`. */
export interface Chunk {
  readonly offset: number;
  /** How many bytes of the output it stands for. */
  readonly bytes: number;
  /** Valid, at most `MAX_CHUNK_BYTES` of UTF-8; what was no UTF-8 is U+FFFD. */
  readonly text: string;
}

export const MAX_CHUNK_BYTES = 4096;
/** One invalid byte becomes three of U+FFFD: this many bytes fit whatever they hold. */
const ALWAYS_FITS = Math.floor(MAX_CHUNK_BYTES / 3);

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

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
