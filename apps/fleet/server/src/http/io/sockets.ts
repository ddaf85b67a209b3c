/** The fleet's sockets are served behind one judgement, made before the 101 (C1). */

import { type Server as HttpServer, type IncomingHttpHeaders, type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { AGENT_SPACES, agentSpace, outputSpace } from "@neverstale/fleet-domain";
import {
  type Grant,
  MAIN_SPACE,
  type Refusal as RefusedUpgrade,
  type SyncEndpoint,
  serveSync,
  type UpgradeInfo,
} from "@neverstale/server";
import { grantedCommand, viewFor } from "../../accounts/granted.ts";
import { showsApiToken } from "../../accounts/io/api-tokens.ts";
import { csrfTokenOf } from "../../accounts/io/secrets.ts";
import type { Log } from "../../fleet/log.ts";
import { RequestRefusal } from "../../fleet/refusal.ts";
import type { FleetManager } from "../../fleet/state.ts";
import { refusalOfNode } from "../../nodes/node-standing.ts";
import type { OpenSockets, Subject } from "../open-sockets.ts";
import { problemDetailsOf } from "../problem.ts";
import type { RefusalLog } from "../refusal-log.ts";
import type { ClientAddresses } from "./client-address.ts";
import { agentOf, type GuardParts, noBrowser, nobodySignedIn, unknownApiToken } from "./guard.ts";
import type { RequestIds } from "./request-ids.ts";
import type { RequestLimits } from "./request-limits.ts";

export function serveSockets(http: HttpServer, parts: SocketParts, beaconMs: number): SyncEndpoint {
  const { manager, proxies, refusalLog, requestLimits, log } = parts;
  const endpoint = serveSync(http, {
    manager,
    path: isSocketPath,
    allowedOrigins: (request) => judged(() => admitFrom(parts, request)),
    csrf: ({ headers }) => csrfTokenFor(parts, headers),
    authorize: (request, info) => judged(() => open(parts, request, info)),
    onRefused: (request, { code }) =>
      refusalLog.refused(proxies.addressOf(request), { ...aboutOf(parts, request), code }, "a socket was refused"),
    instanceOf: (request) => parts.requestIds.of(request),
    onError: (err) => log.error({ err }, "a socket could not be judged"),
    beaconMs,
    addressOf: (request) => requestLimits.socketKey(request),
  });
  http.on("upgrade", (request, socket) => refuseOthers(request, socket, http.listenerCount("upgrade") === 1));
  parts.sockets.closeBy((judge) => {
    endpoint.revoke((subject) => judge(subject as Subject));
  });
  return endpoint;
}

export const AGENT_PATH = "/agent/sync";
const OUTPUT_PATH = /^\/sync\/output\/([\w-]{1,200})$/;

export interface SocketParts extends GuardParts {
  readonly sockets: OpenSockets;
  readonly proxies: ClientAddresses;
  readonly requestIds: RequestIds;
  readonly requestLimits: RequestLimits;
  readonly refusalLog: RefusalLog;
  readonly log: Log;
}

/** Other nodes link to this one there. */
const NODE_PATH = "/node";

export function isSocketPath(path: string): boolean {
  return path === "/sync" || path === AGENT_PATH || OUTPUT_PATH.test(path);
}

/** An upgrade to anything else is answered and not left open, and so is one that comes when the endpoint has been closed. */
function refuseOthers(request: IncomingMessage, socket: Duplex, isAlone: boolean): void {
  const path = pathOf(request);
  if ((isSocketPath(path) || path === NODE_PATH) && !isAlone) return;
  const refusal = isAlone
    ? new RequestRefusal("shutting_down", "the server is being stopped", {
        retryAfterS: 1,
        hint: "Come back when it is up.",
      })
    : new RequestRefusal("not_found", `there is nothing to follow at ${path}`, { hint: "Follow /sync." });
  socket.on("error", () => socket.destroy());
  socket.end(answerTo(refusal), () => socket.destroy());
}

/** It returns a refusal as bytes, because an upgrade that nobody takes has no response to write to. */
function answerTo(refusal: RequestRefusal): string {
  const body = JSON.stringify(problemDetailsOf(refusal));
  const head = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ""}`,
    "Connection: close",
    "Content-Type: application/problem+json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(refusal.retryAfterS === null ? [] : [`Retry-After: ${refusal.retryAfterS}`]),
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

/** A refusal that `judge` throws becomes the engine's. */
export function judged<T>(judge: () => T): T | RefusedUpgrade {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof RequestRefusal)) throw error;
    return refusedAs(error);
  }
}

function open(parts: SocketParts, request: IncomingMessage, info: UpgradeInfo): Grant {
  const { sockets, log } = parts;
  const grant = grantOf(parts, request, info);
  sockets.add(grant.subject, request.socket);
  const about = { ...aboutOf(parts, request), ...nameOf(grant.subject) };
  log.info(about, "a socket was opened");
  request.socket.once("close", () => log.info(about, "a socket was closed"));
  return grant;
}

/** It says what somebody may follow, and who that is. */
export function grantOf(parts: SocketParts, request: IncomingMessage, info: UpgradeInfo): KnownGrant {
  return info.url.pathname === AGENT_PATH ? grantAgent(parts, request) : grantUser(parts, request, info);
}

/** It returns what a log says of a request (C13). */
function aboutOf({ proxies, requestIds }: SocketParts, request: IncomingMessage): object {
  return {
    requestId: requestIds.of(request),
    ip: proxies.addressOf(request),
    origin: request.headers.origin,
    path: pathOf(request),
  };
}

export function pathOf(request: IncomingMessage): string {
  return URL.parse(request.url ?? "", "http://localhost")?.pathname ?? "";
}

function refusedAs({ status, code, message, hint, retryAfterS }: RequestRefusal): RefusedUpgrade {
  const refusal = { refuse: status, code, message, hint };
  return retryAfterS === null ? refusal : { ...refusal, retryAfterMs: retryAfterS * 1000 };
}

/** A log says who it is, and not even the hash of a session (C13). */
function nameOf(subject: Subject): object {
  return subject.kind === "user" ? { user: subject.user } : { host: subject.host };
}

interface KnownGrant extends Grant {
  readonly subject: Subject;
}

/** Before anything else is looked at, requests of one address are bounded, and must come from where they may (C2). */
function admitFrom({ origins, requestLimits }: SocketParts, request: IncomingMessage): null {
  requestLimits.limit(request);
  if (pathOf(request) === AGENT_PATH) noBrowser(request.headers);
  else if (showsApiToken(request.headers))
    return null; // No page of another site has one.
  else if (!origins.allows(request.headers.origin)) {
    throw new RequestRefusal("origin_refused", "the connection does not come from this dashboard's own address", {
      hint: "Open the dashboard at its own address, or allow yours with --allowed-origin.",
    });
  }
  return null;
}

/** Whoever speaks the full profile shows the session's CSRF token (C3); agents have none. */
function csrfTokenFor({ sessions }: SocketParts, headers: IncomingHttpHeaders): string | null {
  const session = headers.origin === undefined || showsApiToken(headers) ? null : sessions.of(headers);
  return session === null ? null : csrfTokenOf(session.secret);
}

/** An agent comes in by its credential alone. It may follow its own space and no other. */
function grantAgent(parts: SocketParts, request: IncomingMessage): KnownGrant {
  const { manager } = parts;
  const host = agentOf(parts, request.headers);
  return known(manager, agentSpace(host), { kind: "agent", host });
}

/** A user comes in by the cookie, or a program by an API token. */
function grantUser(parts: SocketParts, request: IncomingMessage, info: UpgradeInfo): KnownGrant {
  const { manager } = parts;
  const { user, id, tags, byToken } = readerOf(parts, request.headers);
  const command = OUTPUT_PATH.exec(info.url.pathname)?.[1] ?? null;
  const subject = { kind: "user", user, sessionHash: id, byToken, command } as const;
  if (command === null) return { ...known(manager, MAIN_SPACE, subject), view: viewFor(manager, tags) };
  if (tags !== null && grantedCommand(manager.state, tags, command) === null) throw nothingToFollow("unknown_command");
  return known(manager, outputSpace(command), subject);
}

/** `id` is the hash of the session or of the token. */
function readerOf({ apiTokens, manager, sessions }: SocketParts, headers: IncomingHttpHeaders) {
  if (showsApiToken(headers)) {
    const token = apiTokens.of(headers);
    if (token === null) throw refusalOfNode(manager.node) ?? unknownApiToken();
    apiTokens.touch(token);
    return { ...token, byToken: true };
  }
  const session = sessions.of(headers);
  if (session === null) throw refusalOfNode(manager.node) ?? nobodySignedIn();
  return { user: session.user, id: session.session.id, tags: session.tags, byToken: false };
}

/** A node may not have heard yet of a space that was just made: the engine waits until it has (rule N6). */
function known(manager: FleetManager, space: string, subject: Subject): KnownGrant {
  if (manager.node !== null || manager.space(space) !== null) return { space, subject };
  throw nothingToFollow(space.startsWith(AGENT_SPACES) ? "unknown_host" : "unknown_command");
}

function nothingToFollow(code: "unknown_host" | "unknown_command"): RequestRefusal {
  return new RequestRefusal(code, "there is nothing to follow there");
}
