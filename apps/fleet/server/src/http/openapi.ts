/** The API describes itself as OpenAPI 3.1, by the table of routes and the schemas that validate. */

import { ProblemDetails } from "@neverstale/fleet-domain";
import { z } from "zod";
import { summaryOf } from "./route-summaries.ts";
import type { JsonSchema } from "./schema-text.ts";

/** The page's own files are left out. */
export function openApi(routes: readonly Described[], version: string): OpenApi {
  const api = routes.filter(({ path }) => /^\/(api|agent|sync|healthz|readyz|metrics)(\/|$)/.test(path));
  const paths: Record<string, Record<string, RouteDescription>> = {};
  for (const route of api) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Neverstale fleet", version, description: ABOUT, license: { name: "MIT", identifier: "MIT" } },
    paths,
    components: { schemas: { Problem: schemaOf(ProblemDetails, "output") }, securitySchemes: SECURITY_SCHEMES },
  };
}

const ABOUT =
  "A program sends Authorization: Bearer with an API token. A page sends the session's cookie and, with all but GET, X-CSRF-Token. A refusal " +
  "is application/problem+json with a code and a hint. An answer to a change tells epoch and version, from which on every reader sees it.";

export interface OpenApi {
  readonly openapi: string;
  readonly info: Readonly<Record<"title" | "version" | "description", string>> & { readonly license: Json };
  readonly paths: Readonly<Record<string, Readonly<Record<string, RouteDescription>>>>;
  readonly components: Json;
}

export interface RouteDescription {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  /** Each of these is enough. */
  readonly security: readonly Json[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
  readonly "x-role"?: string;
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly required: boolean;
  readonly schema: JsonSchema;
}

/** It has a schema for each media type. */
export type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;

/** This is described of a route. */
export interface Described {
  readonly method: string;
  readonly path: string;
  readonly allow: string;
  readonly people?: boolean;
  readonly body?: z.ZodType;
  readonly query?: z.ZodType;
  readonly answer?: z.ZodType;
  readonly answerStatus?: number;
}

type Json = Readonly<Record<string, unknown>>;

const SECURITY_SCHEMES = {
  session: { type: "apiKey", in: "cookie", name: "neverstale_PORT", description: "__Host-neverstale behind https" },
  csrf: { type: "apiKey", in: "header", name: "X-CSRF-Token", description: "csrfToken of GET /api/session" },
  agent: { type: "http", scheme: "bearer" },
  apiToken: { type: "http", scheme: "bearer", description: "nst_…, of neverstale api-tokens create" },
} as const;

function operation({
  method,
  path,
  allow,
  people = false,
  body,
  query,
  answer,
  answerStatus,
}: Described): RouteDescription {
  const status = String(answerStatus ?? (answer === undefined && method !== "GET" ? 204 : 200));
  return {
    operationId: `${method.toLowerCase()}${path.replace(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
    summary: summaryOf(method, path) ?? "",
    tags: [groupOf(path)],
    security: securityOf(method, allow, people),
    parameters: [...pathParameters(path), ...(query === undefined ? [] : queryParameters(query))],
    ...(body !== undefined && {
      requestBody: { required: !body.safeParse(undefined).success, content: json(schemaOf(body, "input")) },
    }),
    responses: {
      [status]: {
        description: "Done",
        ...(answer !== undefined && { content: json(schemaOf(answer, "output")) }),
      },
      default: {
        description: "A problem (RFC 9457)",
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    },
    ...(["viewer", "operator", "admin"].includes(allow) && { "x-role": allow }),
  };
}

/** A group is what follows `/api/`, or what it is for. */
function groupOf(path: string): string {
  if (/^\/(healthz|readyz|metrics)$/.test(path)) return "health";
  if (/^\/(agent\/)?sync\//.test(path)) return "following over HTTP";
  if (path.startsWith("/agent/") || path === "/api/agent-package") return "agents";
  return GROUPS[path.split("/")[2] ?? ""] ?? "this description";
}

const GROUPS: Readonly<Record<string, string>> = {
  ...{
    login: "signing in",
    invitation: "signing in",
    setup: "signing in",
    logout: "signing in",
    session: "signing in",
  },
  ...{ password: "signing in", users: "people", sessions: "people", "api-token": "people", "api-tokens": "people" },
  ...{ state: "state", "event-log": "state", hosts: "hosts", "enrollment-tokens": "hosts" },
  ...{ commands: "work", dispatch: "work", mutations: "work", pipelines: "work", catalogue: "work" },
  ...{ alerts: "alerts", silences: "alerts", notifications: "alerts" },
  ...{ groups: "hosts", schedules: "work", about: "the server", server: "the server" },
};

function securityOf(method: string, allow: string, people: boolean): readonly Json[] {
  if (allow === "agent") return [{ agent: [] }];
  if (allow === "anyone" || allow === "new_agent") return [];
  return [{ session: [], ...(method === "GET" ? {} : { csrf: [] }) }, ...(people ? [] : [{ apiToken: [] }])];
}

function pathParameters(path: string): Parameter[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function queryParameters(query: z.ZodType): Parameter[] {
  const { properties = {} } = schemaOf(query, "output");
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: false,
    schema: typeof schema === "boolean" ? {} : schema,
  }));
}

function schemaOf(schema: z.ZodType, io: "input" | "output"): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
}

function json(schema: JsonSchema): Content {
  return { "application/json": { schema } };
}
