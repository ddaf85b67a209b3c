/** The tree keeps each frame once that the clients of one load process received. */

import { hash } from "node:crypto";
import type { Dialect, FrameReading } from "../contender.ts";

/** Each distinct frame is kept so. */
export interface KeptFrame {
  readonly payload: Buffer;
  readonly binary: boolean;
  readonly reading: FrameReading;
}

/** A node is a sequence of frames that some client received: this frame follows those of `parent`. */
export interface FrameNode {
  readonly parent: FrameNode | null;
  readonly frame: KeptFrame | null;
  readonly children: FrameNode[];
  readonly depth: number;
}

/**
 * A fan-out sends the same bytes to a thousand clients. To decode them a thousand times would measure the load, so each distinct
 * frame is kept and read once. Nothing is taken on trust for that. Every byte of every client is compared with the kept frame,
 * and a client whose bytes differ gets a branch of its own. After the run each distinct branch is replayed from its first frame
 * by the contender's real decoder.
 */
export class FrameTree {
  readonly root: FrameNode = { parent: null, frame: null, children: [], depth: 0 };
  readonly #dialect: Dialect;
  readonly #byBytes = new Map<string, KeptFrame>();
  readonly #byMeaning = new Map<string, KeptFrame>();

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** It returns the node that follows `node` for a frame that is none of its children. The payload is kept, not copied. */
  grow(node: FrameNode, payload: Buffer, binary: boolean): FrameNode {
    // Another client may have grown this node while the frame was coming in.
    for (const child of node.children) if (hasPayload(child, payload, binary)) return child;
    const frame = this.#intern(payload, binary);
    const known = node.children.find((child) => child.frame === frame);
    if (known !== undefined) return known;
    const child: FrameNode = { parent: node, frame, children: [], depth: node.depth + 1 };
    node.children.push(child);
    return child;
  }

  #intern(payload: Buffer, binary: boolean): KeptFrame {
    const key = hash("sha1", payload);
    const sameBytes = this.#byBytes.get(key);
    if (sameBytes !== undefined) return sameBytes;
    const reading = this.#dialect.read(payload, binary);
    const frame = this.#sameMeaning(reading, { payload, binary, reading });
    if (frame.payload === payload) this.#byBytes.set(key, frame);
    return frame;
  }

  #sameMeaning(reading: FrameReading, frame: KeptFrame): KeptFrame {
    if (reading.meaning === undefined) return frame;
    const key = hash("sha1", reading.meaning);
    const known = this.#byMeaning.get(key);
    if (known === undefined) this.#byMeaning.set(key, frame);
    return known ?? frame;
  }
}

function hasPayload({ frame }: FrameNode, payload: Buffer, binary: boolean): boolean {
  return frame?.binary === binary && frame.payload.equals(payload);
}

/** It returns the frames on the way to `node`, from the last full state on. */
export function framesUpTo(node: FrameNode): KeptFrame[] {
  const frames: KeptFrame[] = [];
  for (let at: FrameNode | null = node; at?.frame != null; at = at.parent) {
    frames.push(at.frame);
    if (at.frame.reading.restarts) break;
  }
  return frames.reverse();
}
