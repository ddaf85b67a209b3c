/** An HTTP endpoint serves the HTTP profile of the protocol: the same messages, for networks and caches that know requests only. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import { SyncHub } from "../../../followers/sync-hub.ts";
import type { SyncMetrics } from "../../../followers/sync-metrics.ts";
import { Admission } from "../../admission.ts";
import { isLoopbackAddress, type Whence } from "../../allowed-origins.ts";
import { type Attempt, attachmentOf } from "../../attempt.ts";
import { isSameSecret } from "../../io/same-secret.ts";
import { tellOwner } from "../../io/tell-owner.ts";
import { Judge, type Judged } from "../../judge.ts";
import { UNJUDGED } from "../../refusal.ts";
import { CSRF_HINT, urlOf } from "../../websocket/io/handshake.ts";
import type { ServeSyncOptions } from "../../websocket/io/serve-sync.ts";
import { type Address, addressIn } from "../address.ts";
import { type HttpReadMetrics, newHttpReadMetrics } from "../http-metrics.ts";
import { HttpRoutes } from "../http-routes.ts";
import { type Audience, methodRefused, options as optionsReply, refused } from "../reply.ts";
import { httpFrames } from "./http-frames.ts";
import { HttpOutlet } from "./http-outlet.ts";

/** Makes an endpoint to which the owner of an http server hands requests, until the endpoint is closed. */
export function serveHttp(options: ServeHttpOptions): HttpEndpoint {
  return new Endpoint(options);
}

export interface ServeHttpOptions extends ServeSyncOptions {
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
  revoke(judge: (subject: unknown) => 4401 | 4403 | null): number;
  /** As that of a `SyncEndpoint`: whoever waits is answered one after the other. */
  drain(): Promise<void>;
  /** Sends everyone who waits to where the server is next, as the end of the authority does. */
  close(): void;
}

/** A request that was read, and what it is about. */
interface Visit {
  readonly request: IncomingMessage;
  readonly outlet: HttpOutlet;
  readonly response: ServerResponse;
  readonly address: Address;
  readonly publicSpace: string | null;
}

const NOT_REVOKED: unique symbol = Symbol("everybody");
const ALLOWED = "GET, HEAD, OPTIONS";

class Endpoint implements HttpEndpoint {
  readonly httpMetrics: HttpReadMetrics = newHttpReadMetrics();
  readonly #options: ServeHttpOptions;
  readonly #hub: SyncHub;
  readonly #routes: HttpRoutes;
  readonly #admission: Admission<Visit>;
  readonly #forget: () => void;

  constructor(options: ServeHttpOptions) {
    const { manager, beaconMs } = options;
    const { limits, runtime } = manager;
    this.#options = options;
    const report = (error: unknown) => this.#report(error);
    const judge = new Judge(options, { isSameSecret, csrfHint: CSRF_HINT }, runtime, limits.authorizeMs, report);
    this.#hub = new SyncHub(manager, { frames: httpFrames, ...(beaconMs === undefined ? {} : { beaconMs }) });
    this.#routes = new HttpRoutes(manager, this.#hub, this.httpMetrics);
    this.#admission = new Admission<Visit>({
      judge: { judge: (visit, attempt) => judgeVisit(judge, visit, attempt) },
      limits: { ...limits, connections: limits.readers, connectionsPerAddress: limits.readersPerAddress },
      runtime,
      metrics: this.#hub.metrics,
      takesRoom: ({ verdict }) => !("refuse" in verdict),
      report,
    });
    this.#forget = manager.onClose(() => this.close());
  }

  get metrics(): SyncMetrics {
    return this.#hub.metrics;
  }

  /** Somebody else's function failed. */
  #report(error: unknown): void {
    this.metrics.failedUpgrades += 1;
    tellOwner(this.#options.onError, error);
  }

  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const url = urlOf(request);
    const address = url === null ? null : addressIn(url);
    if (url === null || address === null || !this.#handles(address.endpoint)) return false;
    const outlet = new HttpOutlet(request, response);
    try {
      const publicSpace = this.#options.publicSpace?.(address.endpoint) ?? null;
      this.#take({ request, response, outlet, address, publicSpace }, url);
    } catch (error) {
      this.#report(error);
      outlet.reply(refused(UNJUDGED));
    }
    return true;
  }

  #handles(path: string): boolean {
    const { path: served = "/sync" } = this.#options;
    return typeof served === "string" ? path === served : served(path);
  }

  #take(visit: Visit, url: URL): void {
    const { request, outlet, address, publicSpace } = visit;
    const audience: Audience = publicSpace === null ? "session" : "everybody";
    const { asked } = address;
    if (request.method === "OPTIONS") return outlet.reply(optionsReply(audience, ALLOWED));
    const waits = asked.type === "poll" || asked.type === "live";
    if (request.method !== "GET" && (request.method !== "HEAD" || waits)) {
      return outlet.reply(methodRefused(waits ? "GET, OPTIONS" : ALLOWED));
    }
    const from = this.#options.addressOf?.(request) ?? request.socket.remoteAddress ?? "";
    const attempt = attemptOf(request, asSocketUrl(url, address), from);
    this.#admission.ask(visit, attempt, (judged) => this.#answer(visit, from, judged, audience));
  }

  #answer(visit: Visit, from: string, { verdict }: Judged, audience: Audience): void {
    const { request, response, outlet, address } = visit;
    if (response.destroyed) return;
    if ("refuse" in verdict) {
      outlet.reply(refused(verdict));
      this.#tellRefused(request, verdict);
      return;
    }
    const known = request.headers["if-none-match"];
    this.#admission.entered(from);
    this.httpMetrics.readers += 1;
    const gone = this.#routes.answer({ asked: address.asked, attachment: verdict, audience, known }, outlet);
    response.once("close", () => {
      this.#admission.left(from);
      this.httpMetrics.readers -= 1;
      gone();
    });
  }

  #tellRefused(request: IncomingMessage, verdict: Extract<Judged["verdict"], { readonly refuse: number }>): void {
    try {
      this.#options.onRefused?.(request, verdict);
    } catch (error) {
      this.#report(error);
    }
  }

  revoke(judge: (subject: unknown) => 4401 | 4403 | null): number {
    const judgeOne = (subject: unknown) => (subject === NOT_REVOKED ? null : judge(subject));
    this.#admission.revoke(judgeOne);
    return this.#hub.revoke(judgeOne);
  }

  drain(): Promise<void> {
    this.#admission.close();
    return this.#hub.drain();
  }

  close(): void {
    this.#admission.close();
    this.#forget();
    this.#hub.close();
  }
}

/** Whoever asks for a public space is not judged. */
async function judgeVisit(judge: Judge<IncomingMessage>, visit: Visit, attempt: Attempt): Promise<Judged> {
  if (visit.publicSpace === null) return judge.judge(visit.request, attempt);
  const grant = { space: visit.publicSpace, subject: NOT_REVOKED };
  return { verdict: attachmentOf(attempt.url, "v1", grant), fromPage: false };
}

/** The owner's functions are asked about the address that a WebSocket would have come to (rule M2). */
function asSocketUrl(url: URL, { endpoint, asked }: Address): URL {
  const socketUrl = new URL(endpoint, url);
  if (asked.type !== "snapshot") {
    const { epoch, space, version } = asked.position;
    for (const [name, value] of Object.entries({ epoch, space, version })) {
      socketUrl.searchParams.set(name, String(value));
    }
  }
  return socketUrl;
}

/** It only reads, so it needs no token (rule A11). */
function attemptOf(request: IncomingMessage, url: URL, address: string): Attempt {
  return { url, address, whence: whenceOf(request), spoken: { profile: "plain", csrf: null } };
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
