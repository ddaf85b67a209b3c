/** The HTTP API serves every route of the table behind one guard, and nothing else (C30). */

import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { PROTOCOL_HEADER } from "@neverstale/protocol";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import type { Claimants } from "../../accounts/claimants.ts";
import type { Guesses } from "../../accounts/guesses.ts";
import { requireRecentProof } from "../../accounts/recent-proof.ts";
import type { Clocks } from "../../fleet/moment.ts";
import { RequestRefusal, tooManyRequests } from "../../fleet/refusal.ts";
import { refusalOfNode } from "../../nodes/node-standing.ts";
import type { ServedCertificate } from "../../tls/io/served-certificate.ts";
import { MAX_BODY_BYTES, problemDetailsOf, refusalOf } from "../problem.ts";
import type { RefusalLog } from "../refusal-log.ts";
import { type Answer, type Caller, callerOf, hasEffect, type RequestSource, type Route } from "../route.ts";
import { securityHeaders } from "../security-headers.ts";
import type { ClientAddresses } from "./client-address.ts";
import { type HttpConnections, KNOWN_KEEP_ALIVE_MS } from "./connections/plain-connections.ts";
import type { Forwarding } from "./forwarding.ts";
import { admit, type GuardParts } from "./guard.ts";
import type { HttpMetrics } from "./http-metrics.ts";
import { httpServer } from "./http-server.ts";
import type { ProxyUsers } from "./proxy-users.ts";
import { REQUEST_ID_HEADER, type RequestIds } from "./request-ids.ts";
import type { RequestLimits } from "./request-limits.ts";

/** `handOver` is given the requests that the engine answers. */
export function buildHttp(parts: HttpParts, routes: readonly Route[], handOver: HandOver): FastifyInstance {
  const { certificate, connections, metrics, origins, requestIds, requestLimits } = parts;
  const headers = () => securityHeaders(origins.schemes.has("https:"));
  const named = ({ raw }: FastifyRequest) => ({ [REQUEST_ID_HEADER]: requestIds.of(raw) });
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    serverFactory: (handler) => httpServer(handler, certificate),
    routerOptions: { maxParamLength: 200 },
    // `TrustedProxies` says whose word is taken for an address, for sockets too (C9).
    trustProxy: false,
    // A request for an address that can't be read comes past all hooks.
    frameworkErrors: (error, request, reply) => {
      reply.headers({ ...headers(), ...named(request) });
      sendProblem(parts, limited(requestLimits, request) ?? error, request, reply);
    },
  });
  app.server.maxHeadersCount = 100;
  app.removeContentTypeParser("text/plain");
  app.decorateRequest("caller", null);
  app.addHook("onRequest", async (request, reply) => {
    reply.headers({ ...headers(), ...named(request) });
    requestLimits.limit(request.raw);
    if (parts.isDraining() || !keepsAlive(request)) return;
    if (!connections.keepsAfterAnswer()) reply.header("connection", "close");
    else if (connections.isKnown(request.raw.socket)) keepLonger(reply);
  });
  app.addHook("onResponse", async (request, reply) => {
    metrics.observe(request, reply);
    if (connections.isKnown(request.raw.socket)) request.raw.socket.setTimeout(KNOWN_KEEP_ALIVE_MS + GRACE_MS);
  });
  app.setNotFoundHandler((request) => {
    throw new RequestRefusal("not_found", `there is no ${request.method} ${pathOf(request)}`);
  });
  app.setErrorHandler((error, request, reply) => sendProblem(parts, error, request, reply));
  for (const route of routes) addRoute(parts, app, route, handOver);
  return app;
}

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller | null;
  }
}

export type HandOver = (request: IncomingMessage, response: ServerResponse) => void;

export interface HttpParts extends GuardParts {
  /** Null means plain HTTP. */
  readonly certificate: ServedCertificate | null;
  readonly connections: HttpConnections;
  readonly proxies: ClientAddresses;
  readonly proxyUsers: ProxyUsers;
  readonly forwarding: Forwarding;
  readonly requestIds: RequestIds;
  readonly requestLimits: RequestLimits;
  readonly claimants: Claimants;
  readonly guesses: Guesses;
  readonly refusalLog: RefusalLog;
  readonly metrics: HttpMetrics;
  readonly clocks: Clocks;
  readonly isDraining: () => boolean;
}

function addRoute(parts: HttpParts, app: FastifyInstance, route: Route, handOver: HandOver): void {
  const { apiTokens, claimants, forwarding, guesses, manager, sessions } = parts;
  app.route({
    method: route.method,
    url: route.path,
    // This runs before the body is read: who may not come in can't make the server parse anything.
    onRequest: async (request, reply) => {
      if (route.byEngine === true) reply.header(PROTOCOL_HEADER, "v1");
      const { method, allow, people = false, wholeFleet = false } = route;
      const isForwarded = forwarding.isForwarded(request.raw);
      const asked = { method, allow, people, wholeFleet, headers: request.headers, isForwarded };
      const admitted = () => admit(parts, asked);
      if (await forwarding.answers(route, request, reply, admitted)) return;
      const notReady = refusalOfNode(manager.node);
      if (notReady !== null && !hasEffect(route) && route.withoutState !== true) throw notReady;
      if (route.guesses === true) limitGuesses(parts, request);
      const caller = admitted();
      if (route.recentProof === true && caller.signedIn !== null)
        requireRecentProof(caller.signedIn.session, parts.clocks.now());
      request.caller = caller;
      if (caller.signedIn !== null) sessions.touch(caller.signedIn);
      if (caller.apiToken !== null) apiTokens.touch(caller.apiToken);
    },
    handler: async (request, reply) => {
      if (route.byEngine === true) return handOverTo(handOver, request, reply);
      if (route.handle === undefined) throw new Error("nobody answers this route");
      if (request.caller === null) throw new Error("a request came past the guard");
      const { params, query, body, caller } = request as typeof request & {
        params: Record<string, string>;
        query: Record<string, string>;
        caller: Caller;
      };
      const source = sourceOf(parts, request);
      const proxyUser = route.allow === "anyone" ? parts.proxyUsers.namedBy(request.raw) : null;
      const answer = await route.handle({ ...source, proxyUser, body, params, query, caller, route });
      if (route.guesses === true) guesses.forgive(claimants.of(source));
      return sendAnswer(reply, answer);
    },
  });
}

/** The headers that every answer has go with the engine's, too. */
function handOverTo(to: HandOver, { raw }: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  to(raw, reply.raw);
  return reply;
}

function sendAnswer(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  if (headers !== undefined) reply.headers(headers);
  reply.code(status ?? (body === undefined ? 204 : 200));
  return reply.send(isPieces(body) && !(body instanceof Readable) ? Readable.from(body) : body);
}

function isPieces(body: unknown): body is AsyncIterable<string> {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}

/** It returns why this request is one too many, or null when it is not. */
function limited(limits: RequestLimits, request: FastifyRequest): unknown {
  try {
    limits.limit(request.raw);
    return null;
  } catch (refusal) {
    return refusal;
  }
}

/** A connection is kept for longer than the other end is told, which must not send while this end closes. */
const GRACE_MS = 1_000;

/** It tells the other end how long it may keep the connection. Node would tell the short time of strangers. */
function keepLonger(reply: FastifyReply): void {
  reply.headers({ connection: "keep-alive", "keep-alive": `timeout=${KNOWN_KEEP_ALIVE_MS / 1000}` });
}

function keepsAlive({ raw }: FastifyRequest): boolean {
  return raw.httpVersion === "1.1" && !/\bclose\b/i.test(raw.headers.connection ?? "");
}

function limitGuesses(parts: HttpParts, request: FastifyRequest): void {
  const source = sourceOf(parts, request);
  const wait = parts.guesses.attempt(parts.claimants.of(source));
  if (wait === 0) return;
  const about = { ...callerOf(source), path: pathOf(request) };
  parts.refusalLog.refused(source.address, about, "too many attempts of one address");
  throw tooManyRequests(wait);
}

function sourceOf({ proxies, requestIds }: HttpParts, { raw }: FastifyRequest): RequestSource {
  return { headers: raw.headers, address: proxies.addressOf(raw), requestId: requestIds.of(raw) };
}

/** It returns the path without its query, which may hold what no log should. */
function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? "";
}

function sendProblem(parts: HttpParts, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = refusalOf(error);
  const source = sourceOf(parts, request);
  const about = {
    ...callerOf(source),
    user: request.caller?.signedIn?.user ?? request.caller?.apiToken?.user,
    host: request.caller?.hostId ?? undefined,
    method: request.method,
    path: pathOf(request),
    code: refusal.code,
  };
  if (refusal.status >= 500) parts.refusalLog.failed(refusal.code, { ...about, err: error }, "a request failed");
  else if (refusal.status === 401 || refusal.status === 403 || refusal.status === 429)
    parts.refusalLog.refused(source.address, about, "a request was refused");
  if (refusal.retryAfterS !== null) reply.header("retry-after", String(refusal.retryAfterS));
  return reply
    .code(refusal.status)
    .type("application/problem+json")
    .send(JSON.stringify({ ...problemDetailsOf(refusal), instance: source.requestId }));
}
