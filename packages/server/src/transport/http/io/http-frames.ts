/** Frames of the HTTP profile are the text of their messages, one a line, or the gzip of one large message. */

import { Buffer } from "node:buffer";
import { promisify } from "node:util";
import { gunzip, gzip, gzipSync } from "node:zlib";
import { MAX_INFLATED_BYTES } from "@neverstale/protocol";
import type { Frame, FrameCodec, LargeFrame } from "../../../followers/wire.ts";
import { bytesOf, payloadOf, socketFrames } from "../../websocket/io/socket-frames.ts";
import { eventsOf } from "../answer-text.ts";

export const httpFrames: FrameCodec = {
  encode: (text) => new LinesFrame(Buffer.from(`${text}\n`)),

  join(frames) {
    return new LinesFrame(Buffer.concat(frames.map((frame) => linesOf(frame))));
  },

  async encodeLarge(pieces, mayCompress) {
    const frame = await socketFrames.encodeLarge(pieces, mayCompress);
    const isZipped = bytesOf(frame)[0] === BINARY;
    const payload = payloadOf(frame);
    return isZipped ? new ZippedFrame(payload, frame.textBytes) : new ZippedFrame(gzipSync(payload), frame.textBytes);
  },

  part() {
    throw new Error("assertion failed: nothing goes in parts over HTTP");
  },
};

const BINARY = 0x82;

/** Whole messages, each with a line's end behind it. */
class LinesFrame implements Frame {
  readonly lines: Buffer;
  #zipped: Buffer | null = null;
  #events: Buffer | null = null;

  constructor(lines: Buffer) {
    this.lines = lines;
  }

  get sizeBytes(): number {
    return this.lines.length;
  }

  /** It is made once for all who are sent it. */
  get zipped(): Buffer {
    this.#zipped ??= gzipSync(this.lines, { level: ANSWER_LEVEL });
    return this.#zipped;
  }

  get events(): Buffer {
    this.#events ??= eventBytes(this.lines);
    return this.#events;
  }
}

/** It is a large message, of which many are sent the same bytes. */
class ZippedFrame implements LargeFrame {
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

/** A compressed body of a state, which is one message. */
export function zippedState(frame: Frame): { readonly bytes: Buffer; readonly textBytes: number } {
  if (frame instanceof ZippedFrame) return frame;
  throw new Error("assertion failed: the frame holds no state");
}

/** Returns the body of an answer: at once, or once a large message has been inflated on another thread. */
export function bodyOf(frames: readonly Frame[], zips: boolean): Body | Promise<Body> {
  const [only] = frames;
  if (frames.length === 1 && only instanceof LinesFrame) {
    const isZipped = zips && only.lines.length >= ZIP_FROM_BYTES;
    return { bytes: isZipped ? only.zipped : only.lines, isZipped };
  }
  return largeBody(frames, zips);
}

export interface Body {
  readonly bytes: Buffer;
  readonly isZipped: boolean;
}

async function largeBody(frames: readonly Frame[], zips: boolean): Promise<Body> {
  const lines = Buffer.concat(await Promise.all(frames.map(textOf)));
  const isZipped = zips && lines.length >= ZIP_FROM_BYTES;
  return { bytes: isZipped ? await zip(lines, { level: ANSWER_LEVEL }) : lines, isZipped };
}

/** Returns a frame as events of a stream, at once where it can. */
export function eventsIn(frame: Frame): Buffer | Promise<Buffer> {
  return frame instanceof LinesFrame ? frame.events : textOf(frame).then(eventBytes);
}

function eventBytes(lines: Buffer): Buffer {
  return Buffer.from(eventsOf(lines.toString()));
}

async function textOf(frame: Frame): Promise<Buffer> {
  if (!(frame instanceof ZippedFrame)) return linesOf(frame);
  const text = await unzip(frame.bytes, { maxOutputLength: MAX_INFLATED_BYTES });
  return Buffer.concat([text, Buffer.from("\n")]);
}

function linesOf(frame: Frame): Buffer {
  if (frame instanceof LinesFrame) return frame.lines;
  throw new Error("assertion failed: only frames of lines are joined");
}

const unzip = promisify(gunzip);
const zip = promisify(gzip);

/** A shorter text is not worth its compression. */
const ZIP_FROM_BYTES = 1024;
/** An answer is made while everyone waits for it. */
const ANSWER_LEVEL = 1;
