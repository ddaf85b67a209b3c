/** Everybody's connections, sockets among them, are together no more than the process has files for (B156). */

import type { Server as HttpServer } from "node:http";
import type { DropArgument, Socket } from "node:net";
import type { RefusalLog } from "../../refusal-log.ts";

/**
 * A process without a file left can't even take a connection to refuse it: whoever comes waits in the queue of the system, and is
 * given up there. So the last ones are refused while there are files still, and everybody else is served as before.
 */
export class AllConnections {
  readonly #limit: number;
  readonly #refusalLog: RefusalLog;
  readonly #open = new Set<Socket>();
  #dropped = 0;

  constructor(limit: number, refusalLog: RefusalLog) {
    this.#limit = limit;
    this.#refusalLog = refusalLog;
  }

  get size(): number {
    return this.#open.size;
  }

  get metrics(): Record<string, number> {
    return { connectionsOpen: this.#open.size, limitConnectionsOpen: this.#limit, connectionsDropped: this.#dropped };
  }

  watch(http: HttpServer): void {
    if (Number.isFinite(this.#limit)) http.maxConnections = this.#limit;
    http.on("connection", (connection) => {
      this.#open.add(connection);
      connection.once("close", () => this.#open.delete(connection));
    });
    http.on("drop", (from) => this.#noteDropped(from));
  }

  /** It cuts every connection, also those of sockets and those that are becoming one, which Node forgets once they upgrade. */
  cut(): void {
    for (const connection of this.#open) connection.destroy();
  }

  #noteDropped(from: DropArgument | undefined): void {
    this.#dropped += 1;
    const about = { ip: from?.remoteAddress, open: this.#open.size, limit: this.#limit };
    this.#refusalLog.failed("no room for a connection", about, NO_ROOM);
  }
}

const NO_ROOM =
  "a connection was refused: the process may not open more files; raise the limit (LimitNOFILE= in its unit, ulimit -n) and restart it";
