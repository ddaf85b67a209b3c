import type { IncomingHttpHeaders } from "node:http";
import { cookieOf } from "../../accounts/cookies.ts";
import { type SignedIn, seeSessions, unseenSessions } from "../../accounts/decide.ts";
import { csrfTokenOf, hashOf, sameSecret } from "../../accounts/io/secrets.ts";
import type { Server } from "../../process/io/server.ts";
import { Refusal } from "../problem.ts";
import type { Caller, Permission } from "./route.ts";

const RANK = { viewer: 1, operator: 2, admin: 3 } as const;

export interface Asked {
  readonly method: string;
  readonly allow: Permission;
  readonly headers: IncomingHttpHeaders;
}

/** The one place that decides who gets in (C25, C26, C30, C38). Throws the refusal. */
export function admit(server: Server, asked: Asked): Caller {
  if (asked.allow === "agent") return { signedIn: null, hostId: agentOf(server, asked.headers) };
  if (asked.allow === "new_agent") return noBrowser(asked.headers);
  const safe = asked.method === "GET";
  if (!safe) checkSameOrigin(server, asked.headers);
  if (asked.allow === "anyone") return { signedIn: null, hostId: null };
  const session = sessionOf(server, asked.headers);
  if (session === null) throw notSignedIn();
  if (!safe) checkCsrf(session.secret, asked.headers["x-csrf-token"]);
  if (RANK[session.role] < RANK[asked.allow]) throw new Refusal("forbidden", `this needs the role ${asked.allow}`);
  return { signedIn: session, hostId: null };
}

/** A browser says where a request comes from in at least one of two headers, and a page can't forge them. */
function checkSameOrigin(server: Server, headers: IncomingHttpHeaders): void {
  const site = headers["sec-fetch-site"];
  const refused = () =>
    new Refusal("origin_refused", "the request does not come from this dashboard's own address", {
      hint: `Send Origin: ${server.origins.all[0] ?? "the address of the dashboard"}, or allow yours with --allowed-origin.`,
    });
  if (site !== undefined && site !== "same-origin") throw refused();
  if (!server.origins.allows(headers.origin)) throw refused();
}

function checkCsrf(secret: string, token: string | string[] | undefined): void {
  if (typeof token === "string" && sameSecret(token, csrfTokenOf(secret))) return;
  throw new Refusal("csrf_failed", "the header X-CSRF-Token is missing or not this session's", {
    hint: "Read csrfToken from GET /api/session and send it again.",
  });
}

export function notSignedIn(): Refusal {
  return new Refusal("not_signed_in", "sign in first", {
    hint: "POST /api/login, or the one-time link printed at the first start.",
  });
}

/** The session of the cookie, as it is now; null when there is none or it has ended. */
export function sessionOf(
  server: Server,
  headers: IncomingHttpHeaders,
): (SignedIn & { readonly secret: string }) | null {
  for (const kind of server.cookieKinds) {
    const secret = cookieOf(headers.cookie, kind.name);
    const found = secret === null || secret === "" ? null : server.signedIn(hashOf(secret));
    if (found !== null && secret !== null) return { ...found, secret };
  }
  return null;
}

/** A browser has no business with the agents' routes at all (C2). */
export function noBrowser(headers: IncomingHttpHeaders): Caller {
  if (headers.origin === undefined) return { signedIn: null, hostId: null };
  throw new Refusal("origin_refused", "agents are no browsers: no Origin is accepted here");
}

/** Whose credential is shown and good, if one is. */
export function agentIn(server: Server, { authorization }: IncomingHttpHeaders): string | null {
  const match = /^Bearer ([\w-]{20,200})$/.exec(authorization ?? "");
  const credential = match?.[1] === undefined ? undefined : server.accounts?.agentCredentials.get(hashOf(match[1]));
  const isGood = credential !== undefined && credential.revoked !== true;
  return isGood && server.fleet.hosts.has(credential.host) ? credential.host : null;
}

/** Whose credential it is. Cookies mean nothing here. */
export function agentOf(server: Server, headers: IncomingHttpHeaders): string {
  noBrowser(headers);
  const host = agentIn(server, headers);
  if (host !== null) return host;
  throw new Refusal("not_signed_in", "the credential is missing, unknown or revoked", {
    hint: "Enrol the agent again with a new token.",
  });
}

/** Keeps a session from ending while it is used. Stored once a minute at most; the request does not wait for it. */
export function touch(server: Server, { session }: SignedIn): void {
  seeAll(server, [session.id]).catch((error: unknown) =>
    server.logFailure("session_seen", { err: error }, "a session could not be stored as seen"),
  );
}

/** The same for sessions that are in use by their sockets: a dashboard may be looked at for days without a request. */
export async function seeAll(server: Server, sessionHashes: readonly string[]): Promise<void> {
  const { accounts } = server;
  server.memorySessions.see(sessionHashes, server.moment().iso);
  if (accounts === null || unseenSessions(accounts, sessionHashes, server.now()).length === 0) return;
  await server.transact((work) => seeSessions(work, sessionHashes));
}
