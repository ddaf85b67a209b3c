import type { IncomingMessage } from "node:http";
import type { Server } from "../../process/io/server.ts";
import { addressGroup } from "../address-group.ts";
import { agentIn, sessionOf } from "./guard.ts";
import { tooMany } from "./http.ts";

/**
 * Refuses one request too many. Whoever shows a credential or a session that is good is limited by that alone: a whole
 * site may come from one address. Looking it up costs a hash of some bytes, and nobody can guess one (C7).
 */
export function limitRequests(server: Server, request: IncomingMessage): void {
  const now = server.steadyNow();
  const wait = takeFor(server, request, now);
  if (wait > 0) throw tooMany(wait);
}

function takeFor(server: Server, request: IncomingMessage, now: number): number {
  const host = agentIn(server, request.headers);
  const session = host === null ? sessionOf(server, request.headers) : null;
  if (host !== null || session !== null) server.connections.know(request.socket);
  if (host !== null) return server.hostRequests.take(host, now);
  if (session !== null) return server.sessionRequests.take(session.session.id, now);
  return server.requests.take(addressGroup(server.proxies.addressOf(request)), now);
}

/**
 * Whom sockets are counted for, beside their session or host, which has a bound of its own: a whole site may come from one
 * address, so that counts only for those who show neither.
 */
export function socketKey(server: Server, request: IncomingMessage): string {
  const host = agentIn(server, request.headers);
  if (host !== null) return `host ${host}`;
  const session = sessionOf(server, request.headers);
  return session === null ? addressGroup(server.proxies.addressOf(request)) : `session ${session.session.id}`;
}
