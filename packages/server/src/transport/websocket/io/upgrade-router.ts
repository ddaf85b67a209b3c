/** The router of an http server hands each upgrade to the endpoint that serves its path. */

import type { IncomingMessage, Server } from "node:http";
import type { Server as SecureServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Refusal, UNJUDGED } from "../../refusal.ts";
import { urlOf } from "./handshake.ts";
import { refuseUpgrade } from "./refuse-upgrade.ts";
import type { Upgrade } from "./sockets.ts";

/** Serves `route` on `http` until the returned function is called. */
export function addRoute(http: HttpServer, route: UpgradeRoute): () => void {
  const router = routers.get(http) ?? new UpgradeRouter(http);
  routers.set(http, router);
  return router.add(route);
}

/** A route serves upgrades to some paths. */
export interface UpgradeRoute {
  /** Others may take so long to write to a socket that no route is for. */
  readonly unservedMs: number;
  /** With false it is there for other nodes alone, and one for clients may still come, or has just gone. */
  readonly servesClients: boolean;
  /** This is somebody else's function, and may throw. */
  handles(pathname: string): boolean;
  serve(upgrade: Upgrade, url: URL): void;
  /** It is told what `handles` threw. */
  failed(error: unknown): void;
  /** It is told of an upgrade that nobody served. */
  unserved(): void;
}

type HttpServer = Server | SecureServer;

const NOT_FOUND: Refusal = {
  refuse: 404,
  code: "unknown_space",
  message: "nothing is served here",
  hint: "Ask for the path that the server follows, /sync by default.",
};

/** A client who was told that nothing is there would never come back (rule M7). */
const NO_CLIENTS_NOW: Refusal = {
  refuse: 503,
  code: "store_unavailable",
  message: "this node serves no clients now",
  hint: "It is starting or ending: come back in a moment, or go to another node.",
  retryAfterMs: 1_000,
};

const routers = new WeakMap<HttpServer, UpgradeRouter>();

function destroy(this: Duplex): void {
  this.destroy();
}

/**
 * There is one listener for all endpoints of an http server, so that each upgrade is seen by all and answered once. An upgrade
 * that is for none of them is left to other listeners for a while. Then it is refused: a socket that nobody answers would stay
 * open, and count nowhere.
 */
class UpgradeRouter {
  readonly #http: HttpServer;
  readonly #routes = new Set<UpgradeRoute>();
  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    this.#upgrade(request, socket, head);

  constructor(http: HttpServer) {
    this.#http = http;
  }

  add(route: UpgradeRoute): () => void {
    if (this.#routes.size === 0) this.#http.on("upgrade", this.#onUpgrade);
    this.#routes.add(route);
    return () => {
      this.#routes.delete(route);
      if (this.#routes.size === 0) this.#http.off("upgrade", this.#onUpgrade);
    };
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // A peer that resets the connection while it is judged must not end the process.
    socket.on("error", destroy);
    const url = urlOf(request);
    const route = url === null ? null : this.#routeTo(url.pathname);
    if (route === "failed") refuseUpgrade(socket, UNJUDGED);
    else if (route !== null && url !== null) route.serve({ request, socket, head }, url);
    else if (this.#http.listenerCount("upgrade") === 1) this.#refuse(socket);
    else this.#leaveToOthers(socket as Socket);
  }

  #routeTo(pathname: string): UpgradeRoute | "failed" | null {
    for (const route of this.#routes) {
      try {
        if (route.handles(pathname)) return route;
      } catch (error) {
        route.failed(error);
        return "failed";
      }
    }
    return null;
  }

  #leaveToOthers(socket: Socket): void {
    const [first] = this.#routes;
    const timer = setTimeout(() => {
      if (!socket.destroyed && socket.writable && socket.bytesWritten === 0) this.#refuse(socket);
    }, first?.unservedMs).unref();
    socket.once("close", () => clearTimeout(timer));
  }

  #refuse(socket: Duplex): void {
    const [first] = this.#routes;
    first?.unserved();
    const isForClients = [...this.#routes].some(({ servesClients }) => servesClients);
    refuseUpgrade(socket, isForClients ? NOT_FOUND : NO_CLIENTS_NOW);
  }
}
