/** A wire puts frames, made once for everyone, onto the socket of one WebSocket. */

import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Frame, Wire } from "../../../followers/wire.ts";
import { chunksOf } from "./socket-frames.ts";

/**
 * Frames go to the socket itself. `ws` reads, and writes its own control frames. Those are whole, since compression per
 * connection is off, so the two never mix within a frame.
 */
export class SocketWire implements Wire {
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  /** Bytes waited before the write that is being put together. */
  #congestedBefore = false;

  constructor(webSocket: WebSocket, socket: Duplex) {
    this.#webSocket = webSocket;
    this.#socket = socket as Socket;
  }

  send(frame: Frame): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    for (const chunk of chunksOf(frame)) this.#socket.write(chunk);
  }

  together(run: () => void): void {
    if (this.#socket.writableCorked === 0) this.#congestedBefore = this.congested;
    this.#socket.cork();
    try {
      run();
    } finally {
      this.#socket.uncork();
    }
  }

  get congested(): boolean {
    return this.#socket.writableCorked > 0 ? this.#congestedBefore : this.#socket.writableLength > 0;
  }

  get sentBytes(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }

  close(code: number, reason: string): void {
    this.#webSocket.close(code, reason);
  }
}
