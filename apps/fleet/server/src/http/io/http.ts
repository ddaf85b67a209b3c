import { PROBLEMS } from "@neverstale/fleet-domain";
import { SyncError } from "@neverstale/protocol";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { cookieOf, deviceKind } from "../../accounts/cookies.ts";
import type { Claimant } from "../../accounts/fair-queue.ts";
import type { Device } from "../../accounts/io/server-key.ts";
import type { Server } from "../../process/io/server.ts";
import { addressGroup } from "../address-group.ts";
import { problemOf, Refusal } from "../problem.ts";
import { KEEP_ALIVE_MS, KNOWN_KEEP_ALIVE_MS } from "./connections.ts";
import { admit, touch } from "./guard.ts";
import type { HttpMetrics } from "./http-metrics.ts";
import { limitRequests } from "./request-limits.ts";
import type { Answer, Caller, Route } from "./route.ts";

/** The largest body taken; a batch of an agent's reports is the largest there is. */
const MAX_BODY_BYTES = 1024 * 1024;

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller | null;
  }
}

/** The HTTP API: every route of the table behind one guard, nothing else (C30). */
export function buildHttp(server: Server, routes: readonly Route[], metrics: HttpMetrics): FastifyInstance {
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    // Node's own limits against slow senders (C8).
    requestTimeout: 30_000,
    http: {
      headersTimeout: 10_000,
      maxHeaderSize: 16 * 1024,
      connectionsCheckingInterval: 5_000,
    },
    keepAliveTimeout: KEEP_ALIVE_MS,
    routerOptions: { maxParamLength: 200 },
    // Whose word is taken for an address is `TrustedProxies`' to say, for sockets too (C9).
    trustProxy: false,
    // An address that can't be read comes past all hooks.
    frameworkErrors: (error, request, reply) => {
      reply.headers(securityHeaders(server));
      sendProblem(server, limited(server, request) ?? error, request, reply);
    },
  });
  app.server.maxHeadersCount = 100;
  app.removeContentTypeParser("text/plain");
  app.decorateRequest("caller", null);
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(securityHeaders(server));
    limitRequests(server, request.raw);
    if (!server.draining && server.connections.isKnown(request.raw.socket) && keepsAlive(request)) keepLonger(reply);
  });
  app.addHook("onResponse", async (request, reply) => {
    metrics.observe(request, reply);
    if (server.connections.isKnown(request.raw.socket)) request.raw.socket.setTimeout(KNOWN_KEEP_ALIVE_MS + GRACE_MS);
  });
  app.setNotFoundHandler((request) => {
    throw new Refusal("not_found", `there is no ${request.method} ${pathOf(request)}`);
  });
  app.setErrorHandler((error, request, reply) => sendProblem(server, error, request, reply));
  for (const route of routes) addRoute(server, app, route);
  return app;
}

function addRoute(server: Server, app: FastifyInstance, route: Route): void {
  app.route({
    method: route.method,
    url: route.path,
    // Before the body is read: who may not come in can't make the server parse anything.
    onRequest: async (request) => {
      if (route.guesses === true) limitGuesses(server, request);
      const caller = admit(server, { method: route.method, allow: route.allow, headers: request.headers });
      request.caller = caller;
      if (caller.signedIn !== null) touch(server, caller.signedIn);
    },
    handler: async (request, reply) => {
      if (request.caller === null) throw new Error("a request came past the guard");
      const { params, query, body, caller } = request as typeof request & {
        params: Record<string, string>;
        query: Record<string, string>;
        caller: Caller;
      };
      const answer = await route.handle({ body, params, query, caller, request });
      if (route.guesses === true) server.attempts.refund(claimantOf(server, request).key); // It was no guess.
      return sendAnswer(reply, answer);
    },
  });
}

function sendAnswer(reply: FastifyReply, answer: Answer): FastifyReply {
  if (answer.headers !== undefined) reply.headers(answer.headers);
  reply.code(answer.status ?? (answer.body === undefined ? 204 : 200));
  return reply.send(answer.body);
}

/** Why this request is one too many; null: it is not. */
function limited(server: Server, request: FastifyRequest): unknown {
  try {
    limitRequests(server, request.raw);
    return null;
  } catch (refusal) {
    return refusal;
  }
}

/** Longer than the other end is told: it must not send while this one closes. */
const GRACE_MS = 1_000;

/** Tells the other end how long it may keep the connection: Node would tell it the short time of strangers. */
function keepLonger(reply: FastifyReply): void {
  reply.headers({ connection: "keep-alive", "keep-alive": `timeout=${KNOWN_KEEP_ALIVE_MS / 1000}` });
}

function keepsAlive({ raw }: FastifyRequest): boolean {
  return raw.httpVersion === "1.1" && !/\bclose\b/i.test(raw.headers.connection ?? "");
}

function limitGuesses(server: Server, request: FastifyRequest): void {
  const wait = server.attempts.take(claimantOf(server, request).key, server.steadyNow());
  if (wait === 0) return;
  const about = { ...callerOf(server, request), path: pathOf(request) };
  server.logRefusal(addressOf(server, request), about, "too many attempts of one address");
  throw tooMany(wait);
}

export function tooMany(retryAfterS: number): Refusal {
  return new Refusal("too_many_requests", "too many requests", { retryAfterS, hint: `Try again in ${retryAfterS} s.` });
}

/** What a log says of who asks (C13): never a token, never what was sent. */
export function callerOf(server: Server, request: FastifyRequest): object {
  return { ip: addressOf(server, request), origin: request.headers.origin };
}

export function addressOf(server: Server, request: FastifyRequest): string {
  return server.proxies.addressOf(request.raw);
}

/**
 * Who tries to sign in, for what limits attempts: a device that signed in before (as `user`, where one is named), else
 * the address.
 */
export function claimantOf(server: Server, request: FastifyRequest, user: string | null = null): Claimant {
  const device = deviceIn(server, request);
  if (device !== null && (user === null || device.user === user)) return { key: `device ${device.id}`, known: true };
  const key = addressGroup(addressOf(server, request));
  return { key, known: server.acquainted.has(key) };
}

/** By the cookie of the kind that the caller's own origin can have. */
export function deviceIn(server: Server, request: FastifyRequest): Device | null {
  for (const scheme of server.origins.schemes) {
    const { name } = deviceKind(scheme, server.cookiePlace);
    const device = server.key.deviceOf(cookieOf(request.headers.cookie, name));
    if (device !== null) return device;
  }
  return null;
}

/** The path without its query, which may hold what no log should. */
function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? "";
}

/** C28. Everything is loaded from here and nowhere else; nothing may frame it. */
export function securityHeaders(server: Server): Record<string, string> {
  const https = server.origins.schemes.has("https:");
  return {
    "content-security-policy":
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cache-control": "no-store",
    ...(https ? { "strict-transport-security": "max-age=31536000" } : {}),
  };
}

function sendProblem(server: Server, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = refusalOf(error);
  const about = {
    ...callerOf(server, request),
    user: request.caller?.signedIn?.user,
    host: request.caller?.hostId ?? undefined,
    method: request.method,
    path: pathOf(request),
    code: refusal.code,
  };
  if (refusal.status >= 500) server.logFailure(refusal.code, { ...about, err: error }, "a request failed");
  else if (refusal.status === 401 || refusal.status === 403 || refusal.status === 429)
    server.logRefusal(addressOf(server, request), about, "a request was refused");
  if (refusal.retryAfterS !== null) reply.header("retry-after", String(refusal.retryAfterS));
  return reply
    .code(refusal.status)
    .type("application/problem+json")
    .send(JSON.stringify(problemOf(refusal)));
}

/** What a caller is told of an error: its own mistakes and the closed codes, never what went wrong inside. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof SyncError) return ofSyncError(error);
  const { statusCode: status, message } =
    error instanceof Error ? (error as Error & { statusCode?: unknown }) : { statusCode: 500, message: "" };
  if (status === PROBLEMS.too_large)
    return new Refusal("too_large", "the body is too large", { hint: `At most ${MAX_BODY_BYTES} bytes.` });
  if (status === PROBLEMS.unsupported_media_type)
    return new Refusal("unsupported_media_type", "only application/json is taken");
  if (typeof status === "number" && status >= 400 && status < 500) return new Refusal("bad_request", message);
  return new Refusal("internal", "something went wrong here", { hint: "See the server's log." });
}

function ofSyncError(error: SyncError): Refusal {
  const { message, hint } = error;
  const retryAfterS = Math.max(1, Math.ceil((error.retryAfterMs ?? 1000) / 1000));
  switch (error.code) {
    case "invalid_change":
      return new Refusal("bad_request", message, { hint });
    case "key_reused":
    case "key_expired":
    case "outcome_unknown":
      return new Refusal(error.code, message, { hint });
    case "store_unavailable":
    case "too_many_requests":
    case "shutting_down":
      return new Refusal(error.code, message, { hint, retryAfterS });
    default:
      return new Refusal("internal", "something went wrong here", { hint: "See the server's log." });
  }
}
