import type { FastifyRequest } from "fastify";
import type { z } from "zod";
import type { SignedIn } from "../../accounts/decide.ts";
import { Refusal } from "../problem.ts";

/**
 * Who may call a route. `anyone`: a browser without a session. `agent`: a bearer credential; `new_agent`: none yet. The
 * others: a session of that role or a higher one.
 */
export type Permission = "anyone" | "new_agent" | "agent" | "viewer" | "operator" | "admin";

export interface Caller {
  /** Of a session. */
  readonly signedIn: (SignedIn & { readonly secret: string }) | null;
  /** Of an agent's credential: the host is known by it, never by what a message says (C38). */
  readonly hostId: string | null;
}

export interface Ask<B> {
  readonly body: B;
  readonly caller: Caller;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly request: FastifyRequest;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object goes as JSON, a text or stream as it is; absent: no content. */
  readonly body?: unknown;
}

/** One line of the table: a path that isn't in it does not exist (C30). */
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
  throw new Refusal(path.startsWith("args") ? "invalid_args" : "bad_request", detail, {
    hint: "Send what the API describes; a body as application/json.",
  });
}

/** The signed-in caller of a route that only admits such. */
export function userOf(ask: Ask<unknown>): SignedIn & { readonly secret: string } {
  if (ask.caller.signedIn === null) throw new Error("a route for signed-in users has let somebody else in");
  return ask.caller.signedIn;
}

export function hostOf(ask: Ask<unknown>): string {
  if (ask.caller.hostId === null) throw new Error("a route for agents has let somebody else in");
  return ask.caller.hostId;
}

export function param(ask: Ask<unknown>, name: string): string {
  const value = ask.params[name];
  if (value === undefined || value === "") throw new Refusal("bad_request", `the path lacks ${name}`);
  return value;
}
