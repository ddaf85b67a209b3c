/** A line is one open connection between two nodes. It is cut when the other one is silent, reads too slowly, or sends garbage. */

import type { WebSocket } from "ws";
import type { NodeLinkCounts, NodeLinkLimits } from "../link/link-limits.ts";

export class NodeLine {
  heardAt = performance.now();
  isOpen = true;
  readonly #socket: WebSocket;
  readonly #parts: LineParts;
  readonly #timer: NodeJS.Timeout;
  /** They wait for the end of the turn. */
  #texts: string[] = [];
  #bytes = 0;

  constructor(socket: WebSocket, parts: LineParts) {
    this.#socket = socket;
    this.#parts = parts;
    socket.on("message", (data: Buffer, isBinary: boolean) => this.#message(data, isBinary));
    socket.on("error", () => this.#garbage()); // It was no frame, or a larger one than a message may be.
    socket.on("close", () => this.end());
    this.#timer = setInterval(() => this.#look(), parts.limits.silentMs / 4).unref();
  }

  /** Messages of one turn of the event loop go as one frame, since a frame for each costs more than all the rest of a call. */
  send(message: string): void {
    if (!this.isOpen) return;
    const bytes = Buffer.byteLength(message) + BETWEEN.length;
    if (this.#bytes + bytes > Math.min(FRAME_BYTES, this.#parts.limits.messageBytes)) this.#flush();
    if (this.#texts.length === 0) setImmediate(() => this.#flush());
    this.#texts.push(message);
    this.#bytes += bytes;
  }

  /** It goes at once, behind all that was sent before. */
  sendNow(message: Buffer): void {
    this.#flush();
    this.#write(message);
  }

  #flush(): void {
    if (this.#texts.length === 0) return;
    const frame = this.#texts.join(BETWEEN);
    this.#texts = [];
    this.#bytes = 0;
    this.#write(frame);
  }

  /** It is cut where the other end does not read what waits for it. */
  #write(frame: string | Buffer): void {
    if (!this.isOpen) return;
    this.#socket.send(frame, { binary: false });
    if (this.#socket.bufferedAmount <= this.#parts.limits.pushedBytes + this.#parts.limits.messageBytes) return;
    this.#parts.counts.slow += 1;
    this.end();
  }

  /** Nothing is sent and nothing comes any more. */
  end(): void {
    if (!this.isOpen) return;
    this.#flush();
    if (!this.isOpen) return; // It read too slowly.
    this.isOpen = false;
    clearInterval(this.#timer);
    this.#socket.terminate();
    this.#parts.ended();
  }

  #message(data: Buffer, isBinary: boolean): void {
    this.heardAt = performance.now();
    if (isBinary) return this.#garbage();
    const texts = data.toString();
    let end = -1;
    do {
      const start = end + 1;
      end = texts.indexOf(BETWEEN, start);
      const text = texts.slice(start, end < 0 ? texts.length : end);
      if (this.isOpen && !this.#parts.received(text)) this.#garbage();
    } while (end >= 0 && this.isOpen);
  }

  #garbage(): void {
    if (!this.isOpen) return;
    this.#parts.counts.garbage += 1;
    this.end();
  }

  /** This process may have been busy: it reads first what has come. */
  #look(): void {
    if (this.#isSilent) setImmediate(() => this.#isSilent && this.#cutOff());
  }

  get #isSilent(): boolean {
    return this.isOpen && performance.now() - this.heardAt > this.#parts.limits.silentMs;
  }

  #cutOff(): void {
    this.#parts.counts.silent += 1;
    this.end();
  }
}

/** It stands in no JSON text that was made without indentation. */
const BETWEEN = "\n";
/** A frame of several messages is not larger than this. */
const FRAME_BYTES = 64 * 1024;

interface LineParts {
  readonly limits: NodeLinkLimits;
  readonly counts: NodeLinkCounts;
  /** It returns false for what is no message. */
  readonly received: (text: string) => boolean;
  readonly ended: () => void;
}
