/** The guard is the one place that decides who gets in (C25, C26, C30, C38). */

import type { Role } from "@neverstale/fleet-domain";
import { RANK } from "../../accounts/api-tokens.ts";
import { requireWholeFleet } from "../../accounts/granted.ts";
import { type ApiTokens, showsApiToken } from "../../accounts/io/api-tokens.ts";
import { csrfTokenOf, sameSecret } from "../../accounts/io/secrets.ts";
import type { Sessions } from "../../accounts/io/sessions.ts";
import type { Credentials } from "../../agents/io/credentials.ts";
import { RequestRefusal } from "../../fleet/refusal.ts";
import type { FleetManager } from "../../fleet/state.ts";
import { refusalOfNode } from "../../nodes/node-standing.ts";
import type { Origins } from "../origins.ts";
import type { Caller, Permission, RequestHeaders, ShownApiToken } from "../route.ts";

/** It throws the refusal of whoever may not come in. */
export function admit(parts: GuardParts, asked: Asked): Caller {
  const { origins, sessions } = parts;
  const { method, allow, headers } = asked;
  if (allow === "agent") return { ...NOBODY, hostId: agentOf(parts, headers) };
  if (allow === "new_agent") return noBrowser(headers);
  if (allow !== "anyone" && showsApiToken(headers)) return { ...NOBODY, apiToken: apiTokenOf(parts, asked, allow) };
  const safe = method === "GET";
  if (!safe && !asked.isForwarded) checkSameOrigin(origins, headers);
  if (allow === "anyone") return NOBODY;
  const session = sessions.of(headers);
  if (session === null) throw refusalOfNode(parts.manager.node) ?? nobodySignedIn();
  if (!safe) checkCsrf(session.secret, headers["x-csrf-token"]);
  requireRight(session, asked, allow);
  return { ...NOBODY, signedIn: session };
}

const NOBODY: Caller = { signedIn: null, apiToken: null, hostId: null };

/** No page of another site has a token, so neither Origin nor a CSRF token is asked for, and cookies mean nothing (C2). */
function apiTokenOf({ apiTokens, manager }: GuardParts, asked: Asked, allow: Role): ShownApiToken {
  const { people, headers } = asked;
  const token = apiTokens.of(headers);
  if (token === null) throw refusalOfNode(manager.node) ?? unknownApiToken();
  if (people === true) throw new RequestRefusal("forbidden", "an API token says nothing about accounts");
  requireRight(token, asked, allow);
  return token;
}

function requireRight({ role, tags }: Pick<ShownApiToken, "role" | "tags">, { wholeFleet }: Asked, allow: Role): void {
  if (RANK[role] < RANK[allow]) throw new RequestRefusal("forbidden", `this needs the role ${allow}`);
  if (wholeFleet === true) requireWholeFleet(tags, "this");
}

export function unknownApiToken(): RequestRefusal {
  return new RequestRefusal("not_signed_in", "the API token is unknown, has expired, or was revoked", {
    hint: "Make another one with neverstale api-tokens create.",
  });
}

export interface GuardParts {
  readonly manager: FleetManager;
  readonly origins: Origins;
  readonly sessions: Sessions;
  readonly apiTokens: ApiTokens;
  readonly credentials: Credentials;
}

export interface Asked {
  readonly method: string;
  readonly allow: Permission;
  readonly people?: boolean;
  readonly wholeFleet?: boolean;
  /** Another node has forwarded it, and has looked where it comes from: browsers find each node at an address of its own. */
  readonly isForwarded: boolean;
  readonly headers: RequestHeaders;
}

/** A browser says where a request comes from in at least one of two headers, and a page can't forge them. */
function checkSameOrigin(origins: Origins, headers: RequestHeaders): void {
  const site = headers["sec-fetch-site"];
  const refused = () =>
    new RequestRefusal("origin_refused", "the request does not come from this dashboard's own address", {
      hint: `Send Origin: ${origins.all[0] ?? "the address of the dashboard"}, or allow yours with --allowed-origin.`,
    });
  if (site !== undefined && site !== "same-origin") throw refused();
  if (!origins.allows(headers.origin)) throw refused();
}

function checkCsrf(secret: string, token: string | string[] | undefined): void {
  if (typeof token === "string" && sameSecret(token, csrfTokenOf(secret))) return;
  throw new RequestRefusal("csrf_failed", "the header X-CSRF-Token is missing or not this session's", {
    hint: "Read csrfToken from GET /api/session and send it again.",
  });
}

export function nobodySignedIn(): RequestRefusal {
  return new RequestRefusal("not_signed_in", "sign in first", {
    hint: "POST /api/login, or the one-time link printed at the first start.",
  });
}

/** A browser has no business with the agents' routes at all (C2). */
export function noBrowser({ origin }: RequestHeaders): Caller {
  if (origin === undefined) return NOBODY;
  throw new RequestRefusal("origin_refused", "agents are no browsers: no Origin is accepted here");
}

/** It returns the host whose credential is shown. What a node does not know may be newer than what it holds. */
export function agentOf(
  { credentials, manager }: Pick<GuardParts, "credentials" | "manager">,
  headers: RequestHeaders,
): string {
  noBrowser(headers);
  const host = credentials.hostOf(headers);
  if (host !== null) return host;
  const notReady = refusalOfNode(manager.node);
  if (notReady !== null) throw notReady;
  credentials.noteRefused(headers);
  throw new RequestRefusal("not_signed_in", "the credential is missing, unknown or revoked", {
    hint: "Enrol the agent again with a new token.",
  });
}
