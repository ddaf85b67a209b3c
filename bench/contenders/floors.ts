/** The floors are hand-written `ws`: what a developer writes in an afternoon, and the most that this runtime can do. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { type WebSocket, WebSocketServer } from "ws";
import type { ContenderServer, StartServer } from "../harness/contender.ts";
import { type AnyChange, type AnyRecord, initialNestedRecords, initialRecords } from "../harness/records.ts";

export type FloorVariant = "one-by-one" | "per-turn" | "gzipped";

/**
 * They have no persistence and no versions, so a client that comes back gets the full state.
 *
 * - `one-by-one` (floor A) sends one JSON message for each change, to each client, at once.
 * - `per-turn` (floor B) sends the changes of one turn of the event loop in one frame, encoded once for everyone.
 * - `gzipped` (W4 only) is like floor B, and its full state is a gzip that was made before.
 */
export function startServer(variant: string): StartServer {
  return async ({ records, shape }) => {
    const initial = shape === "nested" ? initialNestedRecords(records) : initialRecords(records);
    const http = createServer();
    const sockets = new WebSocketServer({ server: http });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const floor =
      variant === "one-by-one" ? new OneByOne(sockets, initial) : new PerTurn(sockets, initial, variant === "gzipped");
    return {
      port: (http.address() as AddressInfo).port,
      change: (change) => {
        floor.change(change);
        return null;
      },
      records: () => floor.state.values(),
      metrics: () => ({}),
      close: async () => {
        sockets.close();
        http.close();
      },
    } satisfies ContenderServer;
  };
}

abstract class Floor {
  readonly state: Map<string, AnyRecord>;
  protected readonly sockets: WebSocketServer;

  constructor(sockets: WebSocketServer, initial: readonly AnyRecord[]) {
    this.sockets = sockets;
    this.state = new Map(initial.map((record) => [record.id, record]));
    sockets.on("connection", (socket) => this.joined(socket));
  }

  protected apply(change: AnyChange): void {
    const before = this.state.get(change.id) as AnyRecord;
    this.state.set(change.id, { ...before, ...change });
  }

  protected init(): string {
    return JSON.stringify({ type: "init", records: [...this.state.values()] });
  }

  protected abstract joined(socket: WebSocket): void;
  abstract change(change: AnyChange): void;
}

class OneByOne extends Floor {
  protected joined(socket: WebSocket): void {
    socket.send(this.init());
  }

  change(change: AnyChange): void {
    this.apply(change);
    const message = JSON.stringify({ type: "changes", changes: [change] });
    for (const socket of this.sockets.clients) socket.send(message);
  }
}

class PerTurn extends Floor {
  readonly #gzip: boolean;
  #turn: AnyChange[] = [];
  #init: Buffer | null = null;

  constructor(sockets: WebSocketServer, initial: readonly AnyRecord[], gzip: boolean) {
    super(sockets, initial);
    this.#gzip = gzip;
    if (gzip) this.#init = this.#encodedInit();
  }

  protected joined(socket: WebSocket): void {
    this.#flush();
    this.#init ??= this.#encodedInit();
    socket.send(this.#init, { binary: this.#gzip });
  }

  #encodedInit(): Buffer {
    const text = Buffer.from(this.init());
    return this.#gzip ? gzipSync(text, { level: 1 }) : text;
  }

  change(change: AnyChange): void {
    this.apply(change);
    this.#init = null;
    this.#turn.push(change);
    if (this.#turn.length === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    if (this.#turn.length === 0) return;
    const frame = Buffer.from(JSON.stringify({ type: "changes", changes: this.#turn }));
    this.#turn = [];
    for (const socket of this.sockets.clients) socket.send(frame, { binary: false });
  }
}
