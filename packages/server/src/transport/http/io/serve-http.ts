/** An HTTP endpoint serves the HTTP profile of the protocol: the same messages, for networks and caches that know requests only. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import type { RevocationCode } from "@neverstale/protocol";
import type { SyncMetrics } from "../../../followers/sync-metrics.ts";
import { isLoopbackAddress, type Whence } from "../../allowed-origins.ts";
import { isSameSecret } from "../../io/same-secret.ts";
import { tellOwner } from "../../io/tell-owner.ts";
import { CSRF_HINT, urlOf } from "../../websocket/io/handshake.ts";
import type { ServeSyncOptions } from "../../websocket/io/serve-sync.ts";
import type { HttpReadMetrics } from "../http-metrics.ts";
import { type HttpAsking, HttpService } from "../http-service.ts";
import { httpFrames } from "./http-frames.ts";
import { HttpOutlet } from "./http-outlet.ts";

/** Makes an endpoint to which the owner of an http server hands requests, until the endpoint is closed. */
export function serveHttp(options: ServeHttpOptions): HttpEndpoint {
  return new Endpoint(options);
}

export interface ServeHttpOptions extends Omit<ServeSyncOptions, "onJoin" | "onLeave"> {
  /**
   * It names the space that everybody may see at this path of the endpoint, or returns null where there is none. Answers of such
   * a space may be kept by caches, and nobody is judged who asks for it. Without it, no space is public.
   */
  readonly publicSpace?: (pathname: string) => string | null;
}

export interface HttpEndpoint {
  readonly metrics: SyncMetrics;
  readonly httpMetrics: HttpReadMetrics;
  /** Answers a request for an address of the profile, and returns true. It returns false for every other one, which is left alone. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  /** Answers at once everyone who waits and whom `judge` names a code for (rule A11). */
  revoke(judge: (subject: unknown) => RevocationCode | null): number;
  /** As that of a `SyncEndpoint`: whoever waits is answered one after the other. */
  drain(): Promise<void>;
  /** Sends everyone who waits to where the server is next, as the end of the authority does. */
  close(): void;
}

class Endpoint implements HttpEndpoint {
  readonly #options: ServeHttpOptions;
  readonly #service: HttpService<IncomingMessage>;

  constructor(options: ServeHttpOptions) {
    this.#options = options;
    this.#service = new HttpService(options, {
      frames: httpFrames,
      tools: { isSameSecret, csrfHint: CSRF_HINT },
      tellOwner: (error) => tellOwner(options.onError, error),
    });
  }

  get metrics(): SyncMetrics {
    return this.#service.metrics;
  }

  get httpMetrics(): HttpReadMetrics {
    return this.#service.httpMetrics;
  }

  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const url = urlOf(request);
    if (url === null) return false;
    const asking: HttpAsking<IncomingMessage> = {
      request,
      url,
      method: request.method ?? "",
      whence: whenceOf(request),
      known: request.headers["if-none-match"],
      address: () => this.#options.addressOf?.(request) ?? request.socket.remoteAddress ?? "",
      get isGone() {
        return response.destroyed;
      },
      onEnd: (run) => response.once("close", run),
    };
    return this.#service.handle(asking, new HttpOutlet(request, response));
  }

  revoke(judge: (subject: unknown) => RevocationCode | null): number {
    return this.#service.revoke(judge);
  }

  drain(): Promise<void> {
    return this.#service.drain();
  }

  close(): void {
    this.#service.close();
  }
}

/**
 * A browser names no Origin where a page asks its own server, and lets no foreign page read an answer. It tells where the asker
 * is of another site: there a cookie counts as one without an Origin.
 */
function whenceOf({ headers, socket }: IncomingMessage): Whence {
  const site = headers["sec-fetch-site"];
  const isForeign = site === "cross-site" || site === "same-site";
  return {
    origin: headers.origin,
    host: headers.host,
    hasCookie: headers.cookie !== undefined && isForeign,
    onLoopback: isLoopbackAddress(socket.localAddress),
    overTls: (socket as TLSSocket).encrypted === true,
  };
}
