/** A line is one open connection between two nodes. It is cut when the other one is silent, reads too slowly, or sends garbage. */

import type { WebSocket } from "ws";
import type { NodeLinkCounts, NodeLinkLimits } from "../link/link-limits.ts";

export class NodeLine {
  heardAt = performance.now();
  isOpen = true;
  readonly #socket: WebSocket;
  readonly #parts: LineParts;
  readonly #timer: NodeJS.Timeout;

  constructor(socket: WebSocket, parts: LineParts) {
    this.#socket = socket;
    this.#parts = parts;
    socket.on("message", (data: Buffer, isBinary: boolean) => this.#message(data, isBinary));
    socket.on("error", () => this.#garbage()); // It was no frame, or a larger one than a message may be.
    socket.on("close", () => this.end());
    this.#timer = setInterval(() => this.#look(), parts.limits.silentMs / 4).unref();
  }

  /** It is cut where the other end does not read what waits for it. */
  send(message: string | Buffer): void {
    if (!this.isOpen) return;
    this.#socket.send(message, { binary: false });
    if (this.#socket.bufferedAmount <= this.#parts.limits.pushedBytes + this.#parts.limits.messageBytes) return;
    this.#parts.counts.slow += 1;
    this.end();
  }

  /** Nothing is sent and nothing comes any more. */
  end(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    clearInterval(this.#timer);
    this.#socket.terminate();
    this.#parts.ended();
  }

  #message(data: Buffer, isBinary: boolean): void {
    this.heardAt = performance.now();
    if (isBinary || (this.isOpen && !this.#parts.received(data.toString()))) this.#garbage();
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

/** A message of several items has so many bytes at most, so that whoever reads it does other work in between. */
export function mostBytes({ messageBytes }: Pick<NodeLinkLimits, "messageBytes">): number {
  return Math.min(SEVERAL_BYTES, messageBytes);
}

const SEVERAL_BYTES = 256 * 1024;

interface LineParts {
  readonly limits: NodeLinkLimits;
  readonly counts: NodeLinkCounts;
  /** It returns false for what is no message. */
  readonly received: (text: string) => boolean;
  readonly ended: () => void;
}
