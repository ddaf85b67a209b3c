/** The API describes itself as OpenAPI 3.1, by the table of routes and the schemas that validate. */

import { ProblemDetails } from "@neverstale/fleet-domain";
import { z } from "zod";

/** The page's own files are left out. */
export function openApi(routes: readonly Described[], version: string): Json {
  const api = routes.filter(({ path }) => /^\/(api|agent|sync|healthz|readyz|metrics)(\/|$)/.test(path));
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of api) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Neverstale fleet", version, license: { name: "MIT", identifier: "MIT" } },
    paths,
    components: { schemas: { Problem: schemaOf(ProblemDetails, "output") }, securitySchemes: SECURITY_SCHEMES },
  };
}

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

function operation({ method, path, allow, people = false, body, query, answer, answerStatus }: Described): Json {
  const status = String(answerStatus ?? (answer === undefined && method !== "GET" ? 204 : 200));
  return {
    operationId: `${method.toLowerCase()}${path.replace(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
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

function securityOf(method: string, allow: string, people: boolean): readonly Json[] {
  if (allow === "agent") return [{ agent: [] }];
  if (allow === "anyone" || allow === "new_agent") return [];
  return [{ session: [], ...(method === "GET" ? {} : { csrf: [] }) }, ...(people ? [] : [{ apiToken: [] }])];
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function queryParameters(query: z.ZodType): Json[] {
  const { properties = {} } = schemaOf(query, "output") as { properties?: Record<string, Json> };
  return Object.entries(properties).map(([name, schema]) => ({ name, in: "query", required: false, schema }));
}

function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
}

function json(schema: Json): Json {
  return { "application/json": { schema } };
}
