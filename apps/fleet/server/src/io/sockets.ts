import { type Server as HttpServer, type IncomingMessage, STATUS_CODES } from "node:http";
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
import { problemOf, Refusal } from "../problem.ts";
import { agentOf, notSignedIn, sessionOf } from "./guard.ts";
import { tooMany } from "./http.ts";
import { csrfTokenOf, sameSecret } from "./secrets.ts";
import type { Server, Subject } from "./server.ts";

const AGENT_PATH = "/agent/sync";
const OUTPUT_PATH = /^\/sync\/output\/([\w-]{1,200})$/;

/** All sockets of the fleet, behind one judgement made before the 101 (C1). */
export function serveSockets(http: HttpServer, server: Server, beaconMs: number): SyncEndpoint {
  const endpoint = serveSync(http, {
    manager: server.manager,
    path: isSocketPath,
    authorize: (request, info) => judge(server, request, info),
    onError: (err) => server.log.error({ err }, "a socket could not be judged"),
    beaconMs,
    addressOf: (request) => server.proxies.addressOf(request),
  });
  http.on("upgrade", (request, socket) => refuseOthers(request, socket, http.listenerCount("upgrade") === 1));
  server.revoke = (judgeSubject) => {
    endpoint.revoke((subject) => judgeSubject(subject as Subject));
  };
  return endpoint;
}

function isSocketPath(path: string): boolean {
  return path === "/sync" || path === AGENT_PATH || OUTPUT_PATH.test(path);
}

/** An upgrade to anything else is answered, not left open; nor is one that comes when the endpoint has been closed. */
function refuseOthers(request: IncomingMessage, socket: Duplex, isAlone: boolean): void {
  const path = URL.parse(request.url ?? "", "http://localhost")?.pathname ?? "";
  if (isSocketPath(path) && !isAlone) return;
  const refusal = isAlone
    ? new Refusal("shutting_down", "the server is being stopped", { retryAfterS: 1, hint: "Come back when it is up." })
    : new Refusal("not_found", `there is nothing to follow at ${path}`, { hint: "Follow /sync." });
  socket.on("error", () => socket.destroy());
  socket.end(answerTo(refusal), () => socket.destroy());
}

/** A refusal as bytes: an upgrade that no one takes has no response to write to. */
function answerTo(refusal: Refusal): string {
  const body = JSON.stringify(problemOf(refusal));
  const head = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ""}`,
    "Connection: close",
    "Content-Type: application/problem+json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(refusal.retryAfterS === null ? [] : [`Retry-After: ${refusal.retryAfterS}`]),
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

function judge(server: Server, request: IncomingMessage, info: UpgradeInfo): Grant | RefusedUpgrade {
  const { headers } = request;
  const about = { ip: server.proxies.addressOf(request), origin: headers.origin, path: info.url.pathname };
  try {
    limit(server, request);
    const grant = info.url.pathname === AGENT_PATH ? grantAgent(server, request) : grantUser(server, request, info);
    server.sockets.add(grant.subject, request.socket);
    const whose = nameOf(grant.subject);
    server.log.info({ ...about, ...whose }, "a socket was opened");
    request.socket.once("close", () => server.log.info({ ...about, ...whose }, "a socket was closed"));
    return grant;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    server.log.warn({ ...about, code: error.code }, "a socket was refused");
    return refusedAs(error);
  }
}

function refusedAs({ status, code, message, hint, retryAfterS }: Refusal): RefusedUpgrade {
  const refusal = { refuse: status, code, message, hint };
  return retryAfterS === null ? refusal : { ...refusal, retryAfterMs: retryAfterS * 1000 };
}

/** For a log: not even the hash of a session (C13). */
function nameOf(subject: Subject): object {
  return subject.kind === "user" ? { user: subject.user } : { host: subject.host };
}

interface KnownGrant extends Grant {
  readonly subject: Subject;
}

function limit(server: Server, request: IncomingMessage): void {
  const wait = server.requests.take(server.proxies.addressOf(request), server.steadyNow());
  if (wait > 0) throw tooMany(wait);
}

/** By its credential alone; it may follow its own space and no other. */
function grantAgent(server: Server, request: IncomingMessage): KnownGrant {
  const host = agentOf(server, request.headers);
  return known(server, agentSpace(host), { kind: "agent", host });
}

/** Cookie and exact Origin; whoever speaks the full profile also shows the session's CSRF token (C2, C3). */
function grantUser(server: Server, request: IncomingMessage, info: UpgradeInfo): KnownGrant {
  if (!server.origins.allows(request.headers.origin)) {
    throw new Refusal("origin_refused", "the connection does not come from this dashboard's own address");
  }
  const session = sessionOf(server, request.headers);
  if (session === null) throw notSignedIn();
  const token = info.csrf;
  const tokenFits = token !== null && sameSecret(token, csrfTokenOf(session.secret));
  // The plain profile can only read, so it may come without; a token that is given must be right.
  if (!tokenFits && !(info.plain && token === null)) {
    throw new Refusal("csrf_failed", "the subprotocol csrf.<token> is missing or not this session's");
  }
  const output = OUTPUT_PATH.exec(info.url.pathname)?.[1];
  const space = output === undefined ? MAIN_SPACE : outputSpace(output);
  return known(server, space, { kind: "user", user: session.user, sessionHash: session.session.id });
}

function known(server: Server, space: string, subject: Subject): KnownGrant {
  if (server.manager.space(space) !== null) return { space, subject };
  throw new Refusal(
    space.startsWith(AGENT_SPACES) ? "unknown_host" : "unknown_command",
    `there is nothing to follow there`,
  );
}
