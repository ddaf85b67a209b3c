/** Frames of a WebSocket are bytes that are made once for everyone: header and payload of RFC 6455, unmasked as a server sends them. */

import { Buffer } from "node:buffer";
import { once } from "node:events";
import { createGzip, type Gzip, gzipSync } from "node:zlib";
import { assert, MAX_INFLATED_BYTES, PART_HEADER_BYTES, partHeader, SyncError } from "@neverstale/protocol";
import type { Frame, FrameCodec, LargeFrame } from "../../../followers/wire.ts";

export const socketFrames: FrameCodec = {
  encode(text, mayCompress) {
    if (!mayCompress || text.length < COMPRESS_FROM_CHARS) return textFrame(text);
    const zipped = gzipSync(text, { level: DELTA_LEVEL });
    // Only a compressed message can go in parts.
    if (zipped.length >= text.length && text.length < PARTS_FROM_CHARS) return textFrame(text);
    return new SocketFrame(Buffer.concat([header(BINARY, zipped.length), zipped]), text.length);
  },

  join(frames) {
    const parts = frames.map((frame) => bytesOf(frame));
    return new SocketFrame(Buffer.concat(parts), 0);
  },

  async encodeLarge(parts, mayCompress) {
    const slices = slicesOf(parts);
    const { value: first = "" } = await slices.next();
    if (first.length < SLICE_CHARS && (!mayCompress || first.length < COMPRESS_FROM_CHARS)) return textFrame(first);
    const size = { textBytes: 0 };
    const bytes = encoded(first, slices, size);
    const body = mayCompress ? await zipped(bytes) : await collected(bytes);
    const head = header(mayCompress ? BINARY : TEXT, body.length);
    return new SocketFrame(Buffer.concat([head, body]), size.textBytes);
  },

  part(frame, from, maxBytes) {
    assert(bytesOf(frame)[0] === BINARY, "only what is compressed goes in parts");
    const payload = payloadOf(frame);
    const piece = payload.subarray(from, from + maxBytes);
    const end = from + piece.length;
    const head = Buffer.concat([header(BINARY, PART_HEADER_BYTES + piece.length), partHeader(payload.length, from)]);
    return { frame: new PartFrame(head, piece), end, isLast: end === payload.length };
  },
};

/** A gzip of a shorter text costs more time than it saves bytes. */
const COMPRESS_FROM_CHARS = 1024;
/** A text of so many characters or more is always compressed. */
const PARTS_FROM_CHARS = 4 * 1024;
/** A frame of changes is made while everyone waits for it. */
const DELTA_LEVEL = 1;
/**
 * A full state is made once, on another thread, and sent to many. This level takes half as much time again for a tenth fewer
 * bytes.
 */
const STATE_LEVEL = 3;
/**
 * So much of a large text is encoded before other work gets its turn, which takes some 15 ms. In a storm of connections each
 * turn is as long as that, and everyone waits for the last one.
 */
const SLICE_CHARS = 4 * 1024 * 1024;
/** With each chunk the other thread waits for a turn of this one. */
const ZIPPED_CHUNK_BYTES = 1024 * 1024;
const TEXT = 0x81;
const BINARY = 0x82;

/** It is a whole frame, or several that are written together. */
export class SocketFrame implements LargeFrame {
  readonly bytes: Buffer;
  readonly textBytes: number;

  constructor(bytes: Buffer, textBytes: number) {
    this.bytes = bytes;
    this.textBytes = textBytes;
  }

  get sizeBytes(): number {
    return this.bytes.length;
  }
}

/** A part of a message has a header of its own, and bytes that it shares with all who are sent the same message. */
class PartFrame implements Frame {
  readonly head: Buffer;
  readonly piece: Buffer;

  constructor(head: Buffer, piece: Buffer) {
    this.head = head;
    this.piece = piece;
  }

  get sizeBytes(): number {
    return this.head.length + this.piece.length;
  }
}

/** It returns the bytes behind the header, some of which a part holds. */
export function payloadOf(frame: Frame): Buffer {
  const bytes = bytesOf(frame);
  const length = (bytes[1] as number) & 0x7f;
  return bytes.subarray(length < 126 ? 2 : length === 126 ? 4 : 10);
}

/** Counts the bytes that pass, and throws when they are more than a replica takes. */
async function* encoded(first: string, rest: AsyncIterable<string>, size: { textBytes: number }) {
  const counted = (slice: string): Buffer => {
    const bytes = Buffer.from(slice);
    size.textBytes += bytes.length;
    if (size.textBytes > MAX_INFLATED_BYTES) throw tooLarge();
    return bytes;
  };
  yield counted(first);
  for await (const slice of rest) yield counted(slice);
}

/** Compresses on another thread, each piece while the next one is being encoded. */
async function zipped(text: AsyncIterable<Buffer>): Promise<Buffer> {
  const gzip = createGzip({ level: STATE_LEVEL, chunkSize: ZIPPED_CHUNK_BYTES });
  const [body] = await Promise.all([collected(gzip), pour(text, gzip)]);
  return body;
}

/**
 * It does as `pipeline` does, but for the last piece, which goes in with the end: that is one turn of this thread less to wait
 * for.
 */
async function pour(text: AsyncIterable<Buffer>, gzip: Gzip): Promise<void> {
  try {
    let last: Buffer | null = null;
    for await (const piece of text) {
      if (last !== null && !gzip.write(last)) await once(gzip, "drain");
      last = piece;
    }
    gzip.end(last);
  } catch (error) {
    gzip.destroy(error as Error);
  }
}

async function collected(text: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of text) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** It returns the pieces of a frame that are to be written, in order. Nothing is copied for it. */
export function chunksOf(frame: Frame): readonly Buffer[] {
  return frame instanceof PartFrame ? [frame.head, frame.piece] : [bytesOf(frame)];
}

/** It returns the bytes of a frame that this codec made. */
export function bytesOf(frame: Frame): Buffer {
  if (frame instanceof SocketFrame) return frame.bytes;
  throw new Error("assertion failed: the frame was made by another codec");
}

/** It yields at least one slice. The last one is shorter than `SLICE_CHARS`. */
async function* slicesOf(parts: Iterable<string>): AsyncGenerator<string, undefined> {
  let slice: string[] = [];
  let chars = 0;
  for (const part of parts) {
    slice.push(part);
    chars += part.length;
    if (chars < SLICE_CHARS) continue;
    yield slice.join("");
    slice = [];
    chars = 0;
    await new Promise((resolve) => setImmediate(resolve));
  }
  yield slice.join("");
}

function textFrame(text: string): SocketFrame {
  const length = Buffer.byteLength(text);
  const head = header(TEXT, length);
  const bytes = Buffer.allocUnsafe(head.length + length);
  head.copy(bytes);
  bytes.write(text, head.length);
  return new SocketFrame(bytes, length);
}

/** It writes FIN, opcode and length (RFC 6455, section 5.2). */
function header(first: number, length: number): Buffer {
  if (length < 126) return Buffer.from([first, length]);
  if (length < 65_536) {
    const head = Buffer.from([first, 126, 0, 0]);
    head.writeUInt16BE(length, 2);
    return head;
  }
  const head = Buffer.from([first, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(Math.floor(length / 2 ** 32), 2);
  head.writeUInt32BE(length >>> 0, 6);
  return head;
}

function tooLarge(): SyncError {
  return new SyncError("snapshot_failed", `the full state is larger than ${MAX_INFLATED_BYTES} bytes`, {
    hint: "Keep fewer records in the live state: see `keep`.",
  });
}
