/** A route is one line of the table of all that can be asked for: a path that isn't in it does not exist (C30). */

import type { GrantedTags, Role } from "@neverstale/fleet-domain";
import type { z } from "zod";
import type { SignedIn } from "../accounts/decide.ts";
import type { AskedBy } from "../accounts/granted.ts";
import { RequestRefusal } from "../fleet/refusal.ts";
import type { AskedFrom } from "../fleet/work.ts";
import type { NamedUser } from "./io/proxy-users.ts";

export interface Route {
  /** Only `GET` has no effect, so each node answers it by itself. The writer decides all else. */
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly allow: Permission;
  /** It is about who may come in, so it is for a person who is signed in: no API token opens it. */
  readonly people?: boolean;
  /** It concerns more than some hosts, so nobody has it who is limited to hosts with certain tags. */
  readonly wholeFleet?: boolean;
  /** Its requests guess a secret, so they may be tried a few times a minute only. */
  readonly guesses?: boolean;
  /** A session that has shown neither password nor code for some time confirms first who it is (C23). Tokens of programs can't. */
  readonly recentProof?: boolean;
  /** These say what it takes and answers, to those who read the API's description. */
  readonly body?: z.ZodType;
  readonly query?: z.ZodType;
  /** It is absent where there is no content, or no JSON. */
  readonly answer?: z.ZodType;
  readonly answerStatus?: number;
  /** It is absent where the engine answers. */
  readonly handle?: (ask: Ask<unknown>) => Promise<Answer> | Answer;
  /** The engine answers. Every answer of this route is the authority's own word, a refusal of the guard too (rule H9). */
  readonly byEngine?: boolean;
  /** It shows nothing of the state and judges nobody by it, so a node answers it that can't know whether it holds the newest. */
  readonly withoutState?: boolean;
}

/** A route has an effect unless it is known to have none. */
export function hasEffect({ method }: Pick<Route, "method">): boolean {
  return method !== "GET";
}

/**
 * It says who may call a route. `anyone` needs no session. `agent` needs a bearer credential, which a `new_agent` has not yet. The
 * others need a session of that role or a higher one.
 */
export type Permission = "anyone" | "new_agent" | "agent" | "viewer" | "operator" | "admin";

/** The names of headers are in lower case. */
export interface RequestHeaders {
  readonly [name: string]: string | string[] | undefined;
  readonly authorization?: string | undefined;
  readonly cookie?: string | undefined;
  readonly origin?: string | undefined;
}

/** A request comes from this source. */
export interface RequestSource {
  readonly headers: RequestHeaders;
  /** Limits and logs go by this address (C9). */
  readonly address: string;
  /** The log names the request by it, and so does each answer. */
  readonly requestId: string;
  /** The other end of the connection names this user. It means nothing beyond the sign-in. */
  readonly proxyUser?: NamedUser | null;
}

export interface Ask<B> extends RequestSource {
  readonly body: B;
  readonly caller: Caller;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** This route was found for it. */
  readonly route: Pick<Route, "method" | "path">;
}

export interface Caller {
  /** It is there where a session was shown. */
  readonly signedIn: ShownSession | null;
  /** It is there where an API token was shown. */
  readonly apiToken: ShownApiToken | null;
  /** It is there where an agent's credential was shown. The host is known by that, never by what a message says (C38). */
  readonly hostId: string | null;
}

/** Somebody is signed in, and has shown this secret for it. */
export interface ShownSession extends SignedIn {
  readonly secret: string;
}

/** A program has shown an API token. */
export interface ShownApiToken {
  /** It is the hash of the token. */
  readonly id: string;
  readonly user: string;
  /** It is not above the role that its owner has now. */
  readonly role: Role;
  /** They are no more than its owner has now. */
  readonly tags: GrantedTags;
  readonly secret: string;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object goes as JSON. A text, bytes and pieces of text go as they are. Without it there is no content. */
  readonly body?: unknown;
}

interface RouteWithBody<S extends z.ZodType> extends Omit<Route, "handle"> {
  readonly body: S;
  readonly handle: (ask: Ask<z.output<S>>) => Promise<Answer> | Answer;
}

/** The body of such a route has been through its schema when its handler sees it. */
export function withBody<S extends z.ZodType>(route: RouteWithBody<S>): Route {
  const { body, handle } = route;
  return { ...route, handle: (ask) => handle({ ...ask, body: checked(body, ask.body, "the body") }) };
}

/** It returns the query as its schema wants it. */
export function queried<S extends z.ZodType>(schema: S, ask: Ask<unknown>): z.output<S> {
  return checked(schema, ask.query, "the query");
}

/** It returns what was given as its schema wants it, and throws a `RequestRefusal` for what that refuses. */
export function checked<S extends z.ZodType>(schema: S, given: unknown, what: string): z.output<S> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.join(".") ?? "";
  const detail = `${path === "" ? what : path}: ${issue?.message ?? "refused"}`;
  throw new RequestRefusal(path.startsWith("args") ? "invalid_args" : "bad_request", detail, {
    hint: "Send what the API describes; a body as application/json.",
  });
}

/** It returns the caller of a route for users: somebody who is signed in, or a program with a token. `id` names the session or token. */
export function userOf({ caller }: Ask<unknown>): ShownApiToken {
  const { signedIn, apiToken } = caller;
  if (signedIn !== null) return { ...signedIn, id: signedIn.session.id };
  if (apiToken !== null) return apiToken;
  throw new Error("a route for users has let somebody else in");
}

/** It says for whom something is decided, and of which hosts that may be. */
export function askedBy(ask: Ask<unknown>): AskedBy {
  const { user, tags } = userOf(ask);
  return { user, tags, token: ask.caller.apiToken?.id ?? null };
}

/** It returns the caller of a route for people alone. */
export function sessionOf({ caller }: Ask<unknown>): ShownSession {
  if (caller.signedIn === null) throw new Error("a route for signed-in users has let somebody else in");
  return caller.signedIn;
}

export function hostOf(ask: Ask<unknown>): string {
  if (ask.caller.hostId === null) throw new Error("a route for agents has let somebody else in");
  return ask.caller.hostId;
}

export function param(ask: Ask<unknown>, name: string): string {
  const value = ask.params[name];
  if (value === undefined || value === "") throw new RequestRefusal("bad_request", `the path lacks ${name}`);
  return value;
}

/** It returns what the audit says of where a request came from. A part of a hash names a session or token, and opens nothing. */
export function askedFromOf({ address, caller }: Pick<Ask<unknown>, "address" | "caller">): AskedFrom {
  const { signedIn, apiToken } = caller;
  return {
    address: address.slice(0, 100),
    ...(signedIn !== null && { session: signedIn.session.id.slice(0, 22) }),
    ...(apiToken !== null && { apiToken: apiToken.id.slice(0, 22) }),
  };
}

/** It returns what a log says of who asks (C13): never a token, never what was sent. */
export function callerOf({ address, headers, requestId }: RequestSource): object {
  return { requestId, ip: address, origin: headers.origin };
}
