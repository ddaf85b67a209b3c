/** The liar stands between the kit and a server that is right, and makes it wrong in one way. */

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { WebSocket, WebSocketServer } from "ws";

/** This is a message as it passes on. Null swallows it, and a list makes several of it. */
type Pass = (message: Record<string, unknown>) => Record<string, unknown> | Record<string, unknown>[] | null;

/** A lie is one way to be wrong. It is made anew for every connection, so that it may count. */
export interface Lie {
  /** Alters what the server says. */
  readonly down?: Pass;
  /** Alters what the server is told. */
  readonly up?: Pass;
  /** Alters the address that the server is asked for. */
  readonly address?: (url: string) => string;
}

export class Liar {
  readonly #http: Server;
  readonly #sockets: WebSocketServer;

  private constructor(http: Server, target: string, lie: () => Lie) {
    this.#http = http;
    this.#sockets = new WebSocketServer({ server: http });
    this.#sockets.on("connection", (near, request) => {
      const { down = (m) => m, up = (m) => m, address = (url) => url } = lie();
      const far = new WebSocket(
        new URL(address(request.url ?? ""), target),
        near.protocol === "" ? [] : [near.protocol],
      );
      const waiting: string[] = [];
      near.on("message", (data) =>
        far.readyState === far.CONNECTING ? waiting.push(String(data)) : pass(far, String(data), up),
      );
      far.on("open", () => {
        for (const text of waiting) pass(far, text, up);
      });
      far.on("message", (data: Buffer, isBinary) => pass(near, String(isBinary ? gunzipSync(data) : data), down));
      far.on("close", (code) => near.close(code === 1006 ? 1011 : code));
      near.on("close", () => far.terminate());
      far.on("error", () => near.terminate());
      near.on("error", () => far.terminate());
    });
  }

  static async start(target: string, lie: () => Lie): Promise<Liar> {
    const http = createServer().listen(0, "127.0.0.1");
    await once(http, "listening");
    return new Liar(http, target, lie);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}/sync`;
  }

  close(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.close();
  }
}

function pass(to: WebSocket, text: string, through: Pass): void {
  if (to.readyState !== to.OPEN) return;
  const message = parsed(text);
  if (message === null) return to.send(text);
  const passed = through(message);
  for (const each of Array.isArray(passed) ? passed : [passed]) if (each !== null) to.send(JSON.stringify(each));
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
