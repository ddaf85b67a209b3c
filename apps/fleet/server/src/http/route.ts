/** A route is one line of the table of all that can be asked for: a path that isn't in it does not exist (C30). */

import type { z } from "zod";
import type { SignedIn } from "../accounts/decide.ts";
import { RequestRefusal } from "../fleet/refusal.ts";

export interface Route {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly allow: Permission;
  /** Requests that may be tried a few times a minute only: they guess a secret. */
  readonly guesses?: boolean;
  /** What it takes and answers, for those who read the API's description. */
  readonly body?: z.ZodType;
  readonly query?: z.ZodType;
  /** Absent: no content, or no JSON. */
  readonly answer?: z.ZodType;
  readonly answerStatus?: number;
  readonly handle: (ask: Ask<unknown>) => Promise<Answer> | Answer;
}

/**
 * Who may call a route. `anyone`: a browser without a session. `agent`: a bearer credential; `new_agent`: none yet. The
 * others: a session of that role or a higher one.
 */
export type Permission = "anyone" | "new_agent" | "agent" | "viewer" | "operator" | "admin";

/** The headers of a request, with their names in lower case. */
export interface RequestHeaders {
  readonly [name: string]: string | string[] | undefined;
  readonly authorization?: string | undefined;
  readonly cookie?: string | undefined;
  readonly origin?: string | undefined;
}

/** Where a request comes from. */
export interface RequestSource {
  readonly headers: RequestHeaders;
  /** The address that limits and logs go by (C9). */
  readonly address: string;
}

export interface Ask<B> extends RequestSource {
  readonly body: B;
  readonly caller: Caller;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** The route that was found for it. */
  readonly route: Pick<Route, "method" | "path">;
}

export interface Caller {
  /** Of a session. */
  readonly signedIn: ShownSession | null;
  /** Of an agent's credential: the host is known by it, never by what a message says (C38). */
  readonly hostId: string | null;
}

/** Somebody who is signed in, with the secret that was shown for it. */
export interface ShownSession extends SignedIn {
  readonly secret: string;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object goes as JSON, a text, bytes or pieces of text as they are; absent: no content. */
  readonly body?: unknown;
}

interface RouteWithBody<S extends z.ZodType> extends Omit<Route, "handle"> {
  readonly body: S;
  readonly handle: (ask: Ask<z.output<S>>) => Promise<Answer> | Answer;
}

/** A route whose body has been through its schema when its handler sees it. */
export function withBody<S extends z.ZodType>(route: RouteWithBody<S>): Route {
  const { body, handle } = route;
  return { ...route, handle: (ask) => handle({ ...ask, body: parsed(body, ask.body, "the body") }) };
}

/** The query as its schema wants it. */
export function queried<S extends z.ZodType>(schema: S, ask: Ask<unknown>): z.output<S> {
  return parsed(schema, ask.query, "the query");
}

function parsed<S extends z.ZodType>(schema: S, given: unknown, what: string): z.output<S> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.join(".") ?? "";
  const detail = `${path === "" ? what : path}: ${issue?.message ?? "refused"}`;
  throw new RequestRefusal(path.startsWith("args") ? "invalid_args" : "bad_request", detail, {
    hint: "Send what the API describes; a body as application/json.",
  });
}

/** The signed-in caller of a route that only admits such. */
export function userOf(ask: Ask<unknown>): ShownSession {
  if (ask.caller.signedIn === null) throw new Error("a route for signed-in users has let somebody else in");
  return ask.caller.signedIn;
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

/** What a log says of who asks (C13): never a token, never what was sent. */
export function callerOf({ address, headers }: RequestSource): object {
  return { ip: address, origin: headers.origin };
}
