/** A slow line stands between page and server: so many bits a second each way, and so much time until a byte is there. */

import { once } from "node:events";
import { createServer, connect as dial, type Server, type Socket } from "node:net";

export class SlowLine {
  readonly #server: Server;
  readonly #port: number;
  readonly #bitsPerMs: number;
  readonly #delayMs: number;

  /** The delay is that of one way. */
  constructor({ port, mbits, delayMs }: { port: number; mbits: number; delayMs: number }) {
    this.#port = port;
    this.#bitsPerMs = mbits * 1_000;
    this.#delayMs = delayMs;
    this.#server = createServer((near) => this.#carry(near));
  }

  async open(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    await once(this.#server, "close");
  }

  #carry(near: Socket): void {
    const far = dial(this.#port, "127.0.0.1");
    this.#oneWay(near, far);
    this.#oneWay(far, near);
    const end = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) socket.on("error", end).on("close", end);
  }

  /** A piece is there when those before it have passed, its own bits have, and the delay is over. */
  #oneWay(from: Socket, to: Socket): void {
    let freeAt = performance.now();
    from.on("data", (piece: Buffer) => {
      freeAt = Math.max(freeAt, performance.now()) + (piece.length * 8) / this.#bitsPerMs;
      from.pause();
      const waitMs = Math.max(0, freeAt - performance.now());
      setTimeout(() => from.resume(), waitMs);
      setTimeout(() => to.destroyed || to.write(piece), waitMs + this.#delayMs);
    });
  }
}
