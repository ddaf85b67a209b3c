/**
 * What the clients of one load process received, kept once.
 *
 * A fan-out sends the same bytes to a thousand clients. Decoding them a thousand times would measure the load, so each
 * distinct frame is kept and read once. Nothing is taken on trust for that: every byte of every client is compared with
 * the kept frame, a client whose bytes differ gets a branch of its own, and after the run each distinct branch is replayed
 * from its first frame by the contender's real decoder.
 */

import { hash } from "node:crypto";
import type { Dialect, Reading } from "./contender.ts";

/** A distinct frame. */
export interface Frame {
  readonly payload: Buffer;
  readonly binary: boolean;
  readonly reading: Reading;
}

/** A sequence of frames, as some client received it: this frame after those of `parent`. */
export interface Node {
  readonly parent: Node | null;
  readonly frame: Frame | null;
  readonly children: Node[];
  readonly depth: number;
}

export class FrameTree {
  readonly root: Node = { parent: null, frame: null, children: [], depth: 0 };
  readonly #dialect: Dialect;
  readonly #byBytes = new Map<string, Frame>();
  readonly #byMeaning = new Map<string, Frame>();

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** The node after `node` for a frame that none of its children was recognised as. The payload is kept, not copied. */
  grow(node: Node, payload: Buffer, binary: boolean): Node {
    // Another client may have grown it while this one's frame was coming in.
    for (const child of node.children) if (hasPayload(child, payload, binary)) return child;
    const frame = this.#intern(payload, binary);
    const known = node.children.find((child) => child.frame === frame);
    if (known !== undefined) return known;
    const child: Node = { parent: node, frame, children: [], depth: node.depth + 1 };
    node.children.push(child);
    return child;
  }

  #intern(payload: Buffer, binary: boolean): Frame {
    const key = hash("sha1", payload);
    const sameBytes = this.#byBytes.get(key);
    if (sameBytes !== undefined) return sameBytes;
    const reading = this.#dialect.read(payload, binary);
    const frame = this.#sameMeaning(reading, { payload, binary, reading });
    if (frame.payload === payload) this.#byBytes.set(key, frame);
    return frame;
  }

  #sameMeaning(reading: Reading, frame: Frame): Frame {
    if (reading.meaning === undefined) return frame;
    const key = hash("sha1", reading.meaning);
    const known = this.#byMeaning.get(key);
    if (known === undefined) this.#byMeaning.set(key, frame);
    return known ?? frame;
  }
}

function hasPayload({ frame }: Node, payload: Buffer, binary: boolean): boolean {
  return frame?.binary === binary && frame.payload.equals(payload);
}

/** The frames on the way to `node`, from the last full state on. */
export function framesUpTo(node: Node): Frame[] {
  const frames: Frame[] = [];
  for (let at: Node | null = node; at?.frame != null; at = at.parent) {
    frames.push(at.frame);
    if (at.frame.reading.restarts) break;
  }
  return frames.reverse();
}
