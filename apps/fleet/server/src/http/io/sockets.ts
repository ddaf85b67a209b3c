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
import { csrfTokenOf } from "../../accounts/io/secrets.ts";
import type { Server, Subject } from "../../process/io/server.ts";
import { problemOf, Refusal } from "../problem.ts";
import { agentOf, noBrowser, notSignedIn, sessionOf } from "./guard.ts";
import { limitRequests, socketKey } from "./request-limits.ts";

const AGENT_PATH = "/agent/sync";
const OUTPUT_PATH = /^\/sync\/output\/([\w-]{1,200})$/;

/** All sockets of the fleet, behind one judgement made before the 101 (C1). */
export function serveSockets(http: HttpServer, server: Server, beaconMs: number): SyncEndpoint {
  const endpoint = serveSync(http, {
    manager: server.manager,
    path: isSocketPath,
    allowedOrigins: (request) => judged(() => admitFrom(server, request)),
    csrf: ({ headers }) => csrfTokenFor(server, headers),
    authorize: (request, info) => judged(() => open(server, request, info)),
    onRefused: (request, { code }) =>
      server.logRefusal(
        server.proxies.addressOf(request),
        { ...aboutOf(server, request), code },
        "a socket was refused",
      ),
    onError: (err) => server.log.error({ err }, "a socket could not be judged"),
    beaconMs,
    addressOf: (request) => socketKey(server, request),
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
  const path = pathOf(request);
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

/** What `judge` throws as a refusal is one. */
function judged<T>(judge: () => T): T | RefusedUpgrade {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return refusedAs(error);
  }
}

function open(server: Server, request: IncomingMessage, info: UpgradeInfo): Grant {
  const isAgent = info.url.pathname === AGENT_PATH;
  const grant = isAgent ? grantAgent(server, request) : grantUser(server, request, info);
  server.sockets.add(grant.subject, request.socket);
  const about = { ...aboutOf(server, request), ...nameOf(grant.subject) };
  server.log.info(about, "a socket was opened");
  request.socket.once("close", () => server.log.info(about, "a socket was closed"));
  return grant;
}

/** For a log (C13). */
function aboutOf(server: Server, request: IncomingMessage): object {
  return { ip: server.proxies.addressOf(request), origin: request.headers.origin, path: pathOf(request) };
}

function pathOf(request: IncomingMessage): string {
  return URL.parse(request.url ?? "", "http://localhost")?.pathname ?? "";
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

/** Before anything else is looked at: requests of one address are bounded, and come from where they may (C2). */
function admitFrom(server: Server, request: IncomingMessage): null {
  limitRequests(server, request);
  if (pathOf(request) === AGENT_PATH) noBrowser(request.headers);
  else if (!server.origins.allows(request.headers.origin)) {
    throw new Refusal("origin_refused", "the connection does not come from this dashboard's own address", {
      hint: "Open the dashboard at its own address, or allow yours with --allowed-origin.",
    });
  }
  return null;
}

/** Whoever speaks the full profile shows the session's CSRF token (C3); agents have none. */
function csrfTokenFor(server: Server, headers: IncomingHttpHeaders): string | null {
  const session = headers.origin === undefined ? null : sessionOf(server, headers);
  return session === null ? null : csrfTokenOf(session.secret);
}

/** By its credential alone; it may follow its own space and no other. */
function grantAgent(server: Server, request: IncomingMessage): KnownGrant {
  const host = agentOf(server, request.headers);
  return known(server, agentSpace(host), { kind: "agent", host });
}

/** By the cookie. */
function grantUser(server: Server, request: IncomingMessage, info: UpgradeInfo): KnownGrant {
  const session = sessionOf(server, request.headers);
  if (session === null) throw notSignedIn();
  const commandId = OUTPUT_PATH.exec(info.url.pathname)?.[1];
  const space = commandId === undefined ? MAIN_SPACE : outputSpace(commandId);
  return known(server, space, { kind: "user", user: session.user, sessionHash: session.session.id });
}

function known(server: Server, space: string, subject: Subject): KnownGrant {
  if (server.manager.space(space) !== null) return { space, subject };
  throw new Refusal(
    space.startsWith(AGENT_SPACES) ? "unknown_host" : "unknown_command",
    `there is nothing to follow there`,
  );
}
