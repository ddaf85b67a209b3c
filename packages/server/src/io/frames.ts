import { Buffer } from "node:buffer";
import { promisify } from "node:util";
import { gzip, gzipSync } from "node:zlib";
import { MAX_INFLATED_BYTES, SyncError } from "@neverstale/protocol";
import type { Frame, FrameCodec, LargeFrame } from "../runtime.ts";

const gzipElsewhere = promisify(gzip);

/** Below it a gzip costs more time than it saves bytes. */
const COMPRESS_FROM_CHARS = 1024;
/** A frame of changes is made while everyone waits for it. */
const DELTA_LEVEL = 1;
/** A full state is made once, on another thread, and sent to many: twice the time of level 1 for a fifth fewer bytes. */
const STATE_LEVEL = 5;
/** How much of a large text is encoded before other work gets its turn. */
const SLICE_CHARS = 256 * 1024;
const TEXT = 0x81;
const BINARY = 0x82;

/** A frame as bytes: header and payload of RFC 6455, unmasked as a server sends it. */
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

export const socketFrames: FrameCodec = {
  encode(text, mayCompress) {
    if (!mayCompress || text.length < COMPRESS_FROM_CHARS) return textFrame(text);
    const zipped = gzipSync(text, { level: DELTA_LEVEL });
    if (zipped.length >= text.length) return textFrame(text);
    return new SocketFrame(Buffer.concat([header(BINARY, zipped.length), zipped]), text.length);
  },

  join(frames) {
    const parts = frames.map((frame) => bytesOf(frame));
    return new SocketFrame(Buffer.concat(parts), 0);
  },

  async encodeLarge(parts, mayCompress) {
    const slices: Buffer[] = [];
    let textBytes = 0;
    for await (const slice of slicesOf(parts)) {
      slices.push(slice);
      textBytes += slice.length;
      if (textBytes > MAX_INFLATED_BYTES) throw tooLarge();
    }
    const text = Buffer.concat(slices, textBytes);
    const zipped =
      mayCompress && textBytes >= COMPRESS_FROM_CHARS ? await gzipElsewhere(text, { level: STATE_LEVEL }) : null;
    const bytes = zipped === null ? [header(TEXT, textBytes), text] : [header(BINARY, zipped.length), zipped];
    return new SocketFrame(Buffer.concat(bytes), textBytes);
  },
};

/** The bytes of a frame that this codec made. */
export function bytesOf(frame: Frame): Buffer {
  if (frame instanceof SocketFrame) return frame.bytes;
  throw new Error("assertion failed: the frame was made by another codec");
}

async function* slicesOf(parts: Iterable<string>): AsyncGenerator<Buffer> {
  let slice: string[] = [];
  let chars = 0;
  for (const part of parts) {
    slice.push(part);
    chars += part.length;
    if (chars < SLICE_CHARS) continue;
    yield Buffer.from(slice.join(""));
    slice = [];
    chars = 0;
    await new Promise((resolve) => setImmediate(resolve));
  }
  yield Buffer.from(slice.join(""));
}

function textFrame(text: string): SocketFrame {
  const length = Buffer.byteLength(text);
  const head = header(TEXT, length);
  const bytes = Buffer.allocUnsafe(head.length + length);
  head.copy(bytes);
  bytes.write(text, head.length);
  return new SocketFrame(bytes, length);
}

/** RFC 6455, section 5.2: FIN, opcode and length. */
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
