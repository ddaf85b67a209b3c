/** The liar stands before a server that is right: answers over HTTP pass as they are, and messages as the lie has them. */

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import WebSocket, { WebSocketServer } from "ws";

/** Alters what a server says on one connection. */
export type Lie = (message: Record<string, unknown>) => Record<string, unknown>;

export class Liar {
  readonly #target: URL;
  readonly #lie: () => Lie;
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });

  private constructor(target: string, lie: () => Lie) {
    this.#target = new URL(target);
    this.#lie = lie;
    this.#http = createServer((request, response) => {
      this.#pass(request, response).catch((error) => response.writeHead(502).end(String(error)));
    });
    this.#http.on("upgrade", (request, socket, head) => {
      this.#sockets.handleUpgrade(request, socket, head, (near) => this.#follow(near, request));
    });
  }

  /** `lie` is made anew for every connection, so that it may count. */
  static async start(target: string, lie: () => Lie): Promise<Liar> {
    const liar = new Liar(target, lie);
    await once(liar.#http.listen(0, "127.0.0.1"), "listening");
    return liar;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    const answer = await fetch(new URL(request.url ?? "/", this.#target), {
      method: request.method ?? "GET",
      headers: this.#headersOf(request),
      ...(body.length > 0 && { body }),
    });
    for (const cookie of answer.headers.getSetCookie()) response.appendHeader("set-cookie", cookie);
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" });
    response.end(Buffer.from(await answer.arrayBuffer()));
  }

  /** Returns the headers that the request would have had at the server itself. */
  #headersOf({ headers }: IncomingMessage): Record<string, string> {
    const names = ["content-type", "cookie", "x-csrf-token"] as const;
    const kept = names.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])] as const]));
    return { ...Object.fromEntries(kept), origin: this.#target.origin };
  }

  #follow(near: WebSocket, request: IncomingMessage): void {
    const lie = this.#lie();
    const protocols = (request.headers["sec-websocket-protocol"] ?? "").split(/, ?/);
    const far = new WebSocket(new URL(request.url ?? "/", this.#target), protocols, {
      headers: this.#headersOf(request),
    });
    const early: string[] = [];
    near.on("message", (data) => (far.readyState === far.OPEN ? far.send(String(data)) : early.push(String(data))));
    far.on("open", () => {
      for (const text of early) far.send(text);
    });
    far.on("message", (data: Buffer, isBinary) => {
      const message = JSON.parse(String(isBinary ? gunzipSync(data) : data)) as Record<string, unknown>;
      near.send(JSON.stringify(lie(message)));
    });
    far.on("close", (code) => near.close(code === 1006 ? 1011 : code));
    far.on("error", () => near.terminate());
    near.on("close", () => far.terminate());
  }

  close(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.close();
  }
}
