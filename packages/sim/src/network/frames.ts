/** Frames of the simulated wire keep their messages, so that the simulator can read them. */

import type { Timer } from "@neverstale/base";
import { PART_HEADER_BYTES, partHeader } from "@neverstale/protocol";
import type { Frame, FrameCodec, LargeFrame, Part } from "@neverstale/server";
import { shortHash } from "../checks/trace.ts";
import type { Random } from "../plan/random.ts";

/** Nothing is really compressed: a binary frame holds the bytes of its text. */
export class SimCodec implements FrameCodec {
  readonly #after: (delayMs: number, run: () => void) => Timer;
  readonly #random: Random;
  readonly #options: CodecOptions;
  /** The largest frame made so far is the measure of what a window may hold beyond its bound. */
  largestBytes = 0;

  /** `after` is a timer of the process that encodes. When that has ended, its builds end nowhere. */
  constructor(after: (delayMs: number, run: () => void) => Timer, random: Random, options: CodecOptions) {
    this.#after = after;
    this.#random = random;
    this.#options = options;
  }

  encode(text: string, mayCompress: boolean): SimFrame {
    return this.#noted(new SimFrame([this.#message(text, mayCompress)]));
  }

  #message(text: string, mayCompress: boolean): WireMessage {
    const { scale, zipFromChars } = this.#options;
    const isSmall = SMALL.some((type) => text.startsWith(`{"type":"${type}"`));
    return new WireMessage(text, mayCompress && text.length >= zipFromChars, text.length * (isSmall ? 1 : scale));
  }

  join(frames: readonly Frame[]): SimFrame {
    return this.#noted(new SimFrame(frames.flatMap((frame) => (frame as SimFrame).messages)));
  }

  #noted(frame: SimFrame): SimFrame {
    this.largestBytes = Math.max(this.largestBytes, frame.sizeBytes);
    return frame;
  }

  /** Half of the parts are read at once and half later, as a build that goes over several turns does. */
  async encodeLarge(parts: Iterable<string>, mayCompress: boolean): Promise<SimFrame> {
    const { buildMs } = this.#options.snapshots;
    const texts: string[] = [];
    const reader = parts[Symbol.iterator]();
    for (let next = reader.next(); !next.done; next = reader.next()) {
      texts.push(next.value);
      if (texts.length === 4) await this.#pass(buildMs);
    }
    await this.#pass(buildMs);
    if (this.#random.chance(this.#options.snapshots.failedBuilds))
      throw new Error("the build of a snapshot fails, as the plan wants it");
    return this.#noted(new SimFrame([this.#message(texts.join(""), mayCompress)]));
  }

  /** A part holds the bytes of its text, of which each counts as so many. */
  part(frame: Frame, from: number, maxBytes: number): Part {
    const [message] = (frame as SimFrame).messages;
    if (message === undefined) throw new Error("a frame without a message was to be sent in parts");
    const bytes = encoder.encode(message.text);
    const end = Math.min(bytes.length, from + Math.max(1, Math.floor(maxBytes / this.#options.scale)));
    const isLast = end === bytes.length;
    const framed = new Uint8Array([...partHeader(bytes.length, from), ...bytes.subarray(from, end)]);
    const sizeBytes = (end - from) * this.#options.scale + PART_HEADER_BYTES;
    return {
      frame: new SimFrame([wirePart({ of: message, from, end, isLast, bytes: framed }, sizeBytes)]),
      end,
      isLast,
    };
  }

  #pass(upToMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#after(this.#random.next() * upToMs, resolve);
    });
  }
}

const SMALL = ["sync", "error", "mutated"];

/** It is one message on the wire, with what the simulator reads of it. */
export class WireMessage {
  readonly text: string;
  /** It comes as a binary frame, which a replica has to inflate first. */
  readonly zipped: boolean;
  readonly sizeBytes: number;
  readonly type: string;
  readonly version: number;
  /** This is the `head` of a `sync`, and the version of any other message. */
  readonly head: number;
  readonly isResume: boolean;
  /** It is a `sync` that says what the state is. */
  readonly hasDigest: boolean;
  /** It is the answer to this check. */
  readonly check: number | null;
  /** It tells of this epoch. It is null where it tells of none. */
  readonly epoch: string | null;
  /** The trace names the message by this. */
  readonly mark: string;
  /** It is null when this is a whole message. */
  readonly part: WirePart | null = null;

  constructor(text: string, zipped: boolean, sizeBytes: number) {
    this.text = text;
    this.zipped = zipped;
    this.sizeBytes = sizeBytes;
    this.type = /^\{"type":"(\w+)"/.exec(text)?.[1] ?? "?";
    this.version = numberIn(text, "version") ?? 0;
    this.head = (this.type === "sync" ? numberIn(text, "head") : null) ?? this.version;
    this.isResume = this.type === "sync" && text.includes('"lineage":');
    this.hasDigest = this.type === "sync" && text.includes('"digest":');
    this.check = this.type === "sync" ? numberIn(text, "check") : null;
    this.epoch = TELLS_EPOCH.includes(this.type) ? (EPOCH.exec(text.slice(0, FACTS_CHARS))?.[1] ?? null) : null;
    this.mark = `${this.type} ${this.version} ${shortHash(text)}`;
  }

  get isFullState(): boolean {
    return this.type === "init" || this.type === "full_state";
  }
}

const TELLS_EPOCH: readonly string[] = ["init", "full_state", "sync"];
const EPOCH = /"epoch":"([^"]*)","space":/;
/** The facts stand before the payload, within so many characters. */
const FACTS_CHARS = 300;

/** It says where in a message a part of it lies (rule M9). */
export interface WirePart {
  readonly of: WireMessage;
  readonly from: number;
  readonly end: number;
  readonly isLast: boolean;
  /** They hold the header, too. */
  readonly bytes: Uint8Array;
}

function wirePart(part: WirePart, sizeBytes: number): WireMessage {
  const { from, end, of } = part;
  const text = JSON.stringify({ type: "part", version: of.version, from, end });
  return Object.assign(new WireMessage(text, true, sizeBytes), { part });
}

/** It reads the first member of that name, which stands before the payload in every message. */
function numberIn(text: string, name: string): number | null {
  const at = text.indexOf(`"${name}":`);
  return at < 0 ? null : Number.parseInt(text.slice(at + name.length + 3, at + name.length + 24), 10);
}

export class SimFrame implements LargeFrame {
  readonly messages: readonly WireMessage[];
  readonly sizeBytes: number;
  readonly textBytes: number;

  constructor(messages: readonly WireMessage[]) {
    this.messages = messages;
    this.sizeBytes = messages.reduce((sum, message) => sum + message.sizeBytes, 0);
    this.textBytes = messages.reduce((sum, message) => sum + message.text.length, 0);
  }
}

export interface CodecOptions {
  /** A payload counts as so many times its size, so that windows fill up without large records. */
  readonly scale: number;
  /** Texts from this length on are sent as binary frames. */
  readonly zipFromChars: number;
  /** A snapshot takes at most so long to encode, and that fails so often (rule A9). */
  readonly snapshots: { readonly buildMs: number; readonly failedBuilds: number };
}

const encoder = new TextEncoder();
