/** The wire is the network between page and server. It can be cut, and it can fall silent. */

import { once } from "node:events";
import { createServer, connect as dial, type Server, type Socket } from "node:net";

export class Wire {
  readonly #server: Server = createServer((socket) => this.#carry(socket));
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #target = 0;
  #state: "up" | "cut" | "silent" = "up";

  /** It listens at once. `to` says where it leads. */
  async open(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  get address(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the wire is not open");
    return `http://127.0.0.1:${address.port}`;
  }

  to(port: number): void {
    this.#target = port;
  }

  /** Every connection breaks, and no new one comes about. */
  cut(): void {
    this.#state = "cut";
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  /** Nothing breaks and nothing arrives, as behind a router that forgot the connection. */
  silence(): void {
    this.#state = "silent";
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  /** From now on new connections work. Those that fell silent stay so. */
  mend(): void {
    this.#state = "up";
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #carry(near: Socket): void {
    if (this.#state === "cut") {
      near.destroy();
      return;
    }
    const far = dial(this.#target, "127.0.0.1");
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    const end = () => {
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of pair) socket.on("error", end).on("close", end);
    near.pipe(far).pipe(near);
    if (this.#state === "silent") for (const socket of pair) socket.pause();
  }
}
