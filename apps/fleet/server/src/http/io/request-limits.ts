/** Requests are limited by the session or credential that they show, or else by their address (C7). */

import type { IncomingMessage } from "node:http";
import type { ApiTokens } from "../../accounts/io/api-tokens.ts";
import type { Sessions } from "../../accounts/io/sessions.ts";
import type { Credentials } from "../../agents/io/credentials.ts";
import type { Clocks } from "../../fleet/moment.ts";
import { tooManyRequests } from "../../fleet/refusal.ts";
import { addressGroup } from "../address-group.ts";
import type { RateLimits } from "../rate-limits.ts";
import { Throttle } from "../throttle.ts";
import type { ClientAddresses } from "./client-address.ts";
import type { HttpConnections } from "./connections/plain-connections.ts";
import type { Forwarding } from "./forwarding.ts";

export class RequestLimits {
  readonly #parts: RequestLimitsParts;
  readonly #strangers: Throttle;
  readonly #ofSession: Throttle;
  readonly #ofHost: Throttle;

  constructor(parts: RequestLimitsParts, { requests, session, host }: RateLimits) {
    this.#parts = parts;
    this.#strangers = new Throttle(requests);
    this.#ofSession = new Throttle(session);
    this.#ofHost = new Throttle(host);
  }

  /**
   * It refuses one request too many. Whoever shows a credential or a session that is good is limited by that alone: a whole
   * site may come from one address. Looking it up costs a hash of some bytes, and nobody can guess one.
   */
  limit(request: IncomingMessage): void {
    const wait = this.#waitOf(request, this.#parts.clocks.steadyNow());
    if (wait > 0) throw tooManyRequests(wait);
  }

  #waitOf(request: IncomingMessage, now: number): number {
    const { sessions, apiTokens, credentials, connections, forwarding } = this.#parts;
    const host = credentials.hostOf(request.headers);
    const token = host === null ? apiTokens.of(request.headers) : null;
    const session = host === null && token === null ? sessions.of(request.headers) : null;
    if (host !== null || token !== null || session !== null || forwarding.isForwarded(request))
      connections.know(request.socket);
    if (host !== null) return this.#ofHost.take(host, now);
    if (token !== null) return this.#ofSession.take(token.id, now);
    if (session !== null) return this.#ofSession.take(session.session.id, now);
    return this.#strangers.take(this.#groupOf(request), now);
  }

  /**
   * Sockets are counted for this key, beside their session or host, which has a bound of its own. A whole site may come from one
   * address, so the address counts only for those who show neither.
   */
  socketKey(request: IncomingMessage): string {
    const host = this.#parts.credentials.hostOf(request.headers);
    if (host !== null) return `host ${host}`;
    const token = this.#parts.apiTokens.of(request.headers);
    if (token !== null) return `token ${token.id}`;
    const session = this.#parts.sessions.of(request.headers);
    return session === null ? this.#groupOf(request) : `session ${session.session.id}`;
  }

  #groupOf(request: IncomingMessage): string {
    return addressGroup(this.#parts.proxies.addressOf(request));
  }
}

export interface RequestLimitsParts {
  readonly sessions: Sessions;
  readonly apiTokens: ApiTokens;
  readonly credentials: Credentials;
  readonly connections: HttpConnections;
  readonly forwarding: Forwarding;
  readonly proxies: ClientAddresses;
  readonly clocks: Clocks;
}
