/** The lossy proxy stands between a store and its server, and breaks connections at a moment that the test chooses. */

import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";

/** It passes on everything, until it is told otherwise. */
export async function startProxy(port: number): Promise<LossyProxy> {
  const proxy = new LossyProxy(port);
  await proxy.listen();
  return proxy;
}

export class LossyProxy {
  readonly #target: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #next: { readonly has: string; readonly passes: boolean } | null = null;
  #isHung = false;

  constructor(target: number) {
    this.#target = target;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  /**
   * The connection breaks with the next message to the server that holds this text: before the server gets it, or with `passes`,
   * once the server has answered it.
   */
  breakAt(has: string, passes: boolean): void {
    this.#next = { has, passes };
  }

  /** From here on no answer comes through, and connections stay. */
  hang(): void {
    this.#isHung = true;
  }

  goOn(): void {
    this.#isHung = false;
    this.breakAll();
  }

  breakAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(near: Socket): void {
    const far = connect(this.#target, "127.0.0.1");
    let breaksWithAnswer = false;
    const end = () => {
      near.destroy();
      far.destroy();
      this.#sockets.delete(near);
      this.#sockets.delete(far);
    };
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on("error", end);
      socket.on("close", end);
    }
    near.on("data", (data) => {
      const next = this.#next;
      if (next !== null && data.includes(next.has)) {
        this.#next = null;
        if (!next.passes) return end();
        breaksWithAnswer = true;
      }
      far.write(data);
    });
    far.on("data", (data) => {
      if (breaksWithAnswer) return end();
      if (!this.#isHung) near.write(data);
    });
  }

  async end(): Promise<void> {
    this.breakAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
