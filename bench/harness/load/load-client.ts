/** A client of the load has a place in the tree of frames, and a socket. */

import type { Dialect, LoadConnection } from "../contender.ts";
import type { FrameNode, FrameTree } from "./frame-tree.ts";
import { type FrameSink, WsConnection } from "./ws-connection.ts";

const NO_BYTES = Buffer.alloc(0);

/** These are told of everything that moves a client. */
export interface ClientEvents {
  /** It is called when `client.seq` has just gone from `from` to a higher number. */
  advanced(client: LoadClient, from: number): void;
  lost(client: LoadClient, reason: string): void;
}

export class LoadClient implements FrameSink, LoadConnection {
  readonly index: number;
  readonly #dialect: Dialect;
  readonly #tree: FrameTree;
  readonly #events: ClientEvents;
  #connection: WsConnection | null = null;
  #pastBytes = 0;

  /** This node stands for all frames so far, and so for what the client shows. */
  node: FrameNode;
  /** Every change up to this one has been taken in. */
  seq = 0;
  /** It counts the frames that carried changes, on all connections of the client. */
  changeFrames = 0;
  session: unknown = null;
  position: unknown = null;
  /** So many frames of this connection were taken in, and were not acked yet. */
  frames = 0;
  unackedBytes = 0;

  /** The frame that is being received should be this child. Null means that it is collected, as it is none of the known ones. */
  #expected: FrameNode | null = null;
  #collected: Buffer = NO_BYTES;
  #own = false;
  #binary = false;
  #sizeBytes = 0;
  #at = 0;

  constructor(index: number, dialect: Dialect, tree: FrameTree, events: ClientEvents) {
    this.index = index;
    this.#dialect = dialect;
    this.#tree = tree;
    this.#events = events;
    this.node = tree.root;
  }

  get receivedBytes(): number {
    return this.#pastBytes + (this.#connection?.receivedBytes ?? 0);
  }

  get connected(): boolean {
    return this.#connection !== null;
  }

  async connect(port: number): Promise<void> {
    const upgrade = await this.#dialect.upgrade(port, this);
    this.frames = 0;
    this.unackedBytes = 0;
    this.#connection = new WsConnection(port, upgrade, this);
  }

  cut(): void {
    this.#connection?.cut();
  }

  send(message: string | Uint8Array): void {
    this.#connection?.send(message);
  }

  /** It says what was taken in, where the contender asks for it. */
  ack(): void {
    if (this.unackedBytes === 0 || this.#dialect.ack === undefined) return;
    this.unackedBytes = 0;
    this.send(this.#dialect.ack(this.frames));
  }

  opened(): void {
    this.#dialect.opened(this);
  }

  closed(reason: string): void {
    this.#pastBytes += this.#connection?.receivedBytes ?? 0;
    this.#connection = null;
    if (reason !== "cut") this.#events.lost(this, reason);
  }

  begin(start: Buffer, binary: boolean, sizeBytes: number): void {
    this.#own = this.#dialect.isOwn(start, binary, sizeBytes);
    this.#binary = binary;
    this.#sizeBytes = sizeBytes;
    this.#at = 0;
    this.#expected = this.#own ? null : this.#childLike(binary, sizeBytes, start);
    this.#collected = this.#expected === null ? Buffer.allocUnsafe(sizeBytes) : NO_BYTES;
  }

  #childLike(binary: boolean, sizeBytes: number, start: Buffer): FrameNode | null {
    for (const child of this.node.children) {
      const frame = child.frame;
      if (frame?.payload.length === sizeBytes && frame.binary === binary && startsWith(frame.payload, start))
        return child;
    }
    return null;
  }

  piece(chunk: Buffer, from: number, to: number): void {
    const known = this.#expected?.frame?.payload;
    if (known !== undefined && chunk.compare(known, this.#at, this.#at + to - from, from, to) !== 0)
      this.#collectInstead(known);
    if (this.#expected === null) chunk.copy(this.#collected, this.#at, from, to);
    this.#at += to - from;
  }

  /** The bytes so far were those of the expected frame, and from here on they differ. */
  #collectInstead(known: Buffer): void {
    this.#collected = Buffer.allocUnsafe(this.#sizeBytes);
    known.copy(this.#collected, 0, 0, this.#at);
    this.#expected = null;
  }

  end(): void {
    this.frames += 1;
    this.unackedBytes += this.#sizeBytes;
    const payload = this.#collected;
    this.#collected = NO_BYTES;
    if (this.#own) this.#dialect.own(this, payload, this.#binary);
    else this.#enter(this.#expected ?? this.#tree.grow(this.node, payload, this.#binary));
  }

  #enter(node: FrameNode): void {
    this.node = node;
    const reading = node.frame?.reading;
    if (reading === undefined) return;
    if (reading.position !== undefined) this.position = reading.position;
    if (reading.changes > 0) this.changeFrames += 1;
    if (reading.seq <= this.seq) return;
    const from = this.seq;
    this.seq = reading.seq;
    this.#events.advanced(this, from);
  }
}

function startsWith(payload: Buffer, start: Buffer): boolean {
  return payload.compare(start, 0, start.length, 0, start.length) === 0;
}
