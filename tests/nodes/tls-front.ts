/** A TLS front takes TLS away before a node, as a proxy at the node's own address does. */

import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { createServer, type Server } from "node:tls";
import { SERVER_CERTIFICATE, SERVER_KEY } from "../../packages/store-postgres/src/io/test-certificates-suite.ts";

export class TlsFront {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  /** The node listens here, once it does. */
  port = 0;
  /** So many connections came over TLS. */
  connections = 0;

  private constructor() {
    this.#server = createServer({ cert: SERVER_CERTIFICATE, key: SERVER_KEY }, (socket) => {
      this.connections += 1;
      const behind = connect(this.port, "127.0.0.1");
      for (const end of [socket, behind]) {
        this.#open.add(end);
        end.on("error", () => {});
        end.once("close", () => {
          this.#open.delete(end);
          socket.destroy();
          behind.destroy();
        });
      }
      socket.pipe(behind).pipe(socket);
    });
    this.#server.on("tlsClientError", () => {});
  }

  static async start(): Promise<TlsFront> {
    const front = new TlsFront();
    await once(front.#server.listen(0, "127.0.0.1"), "listening");
    return front;
  }

  get address(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async end(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
