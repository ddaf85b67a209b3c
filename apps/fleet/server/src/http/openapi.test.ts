import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { Fleets, signIn } from "../fleet/fleet-suite.ts";
import { apiPage } from "./api-page.ts";
import type { RouteDescription } from "./openapi.ts";
import { ROUTE_SUMMARIES, summaryOf } from "./route-summaries.ts";
import { schemaText } from "./schema-text.ts";

const fleets = new Fleets();
afterAll(() => fleets.end());

interface Described {
  readonly operationId: string;
  readonly security: readonly object[];
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly required: boolean; readonly content: Record<string, { schema: object }> };
  readonly responses: Record<string, object>;
}

test("the API describes every route of its own table, with the schemas that validate", async () => {
  const fleet = await fleets.start();
  const browser = await signIn(fleet);

  const answer = await browser.get("/api/openapi.json");

  const { openapi, paths } = answer.body as unknown as {
    openapi: string;
    paths: Record<string, Record<string, Described>>;
  };
  expect([answer.status, openapi]).toEqual([200, "3.1.0"]);
  const described = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ":$1")}`),
  );
  const routes = fleet.app.routes.filter(({ path }) => !["/", "/*"].includes(path));
  expect(described.sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort());
  const ids = Object.values(paths).flatMap((operations) => Object.values(operations).map((one) => one.operationId));
  expect(new Set(ids).size).toBe(ids.length);
  for (const { method, path, body } of routes)
    if (body === undefined) expect([method, path, hasNoBody(path, method)]).toEqual([method, path, true]);

  const dispatch = paths["/api/dispatch"]?.post;
  expect(dispatch?.security).toEqual([{ session: [], csrf: [] }, { apiToken: [] }]);
  expect(dispatch?.requestBody).toMatchObject({
    required: true,
    content: { "application/json": { schema: { required: ["op"], additionalProperties: false } } },
  });
  expect(Object.keys(dispatch?.responses ?? {})).toEqual(["202", "default"]);
  expect(paths["/api/commands"]?.get?.parameters.map((one) => `${one.in} ${one.name}`)).toEqual([
    "query limit",
    "query before",
    "query host",
    ...["query from", "query to", "query op", "query status", "query requestedBy", "query pipeline", "query run"],
  ]);
  expect(paths["/agent/claims"]?.post?.security).toEqual([{ agent: [] }]);
});

test("each route of the description says in a sentence what it does", async () => {
  const fleet = await fleets.start();
  const described = fleet.app.routes.filter(({ path }) => !["/", "/*"].includes(path));

  const without = described.flatMap(({ method, path }) =>
    summaryOf(method, path) === null ? [`${method} ${path}`] : [],
  );
  expect(without, "add a line for these to route-summaries.ts").toEqual([]);
  const keys = new Set(described.map(({ method, path }) => `${method} ${path}`));
  expect(Object.keys(ROUTE_SUMMARIES).filter((key) => !keys.has(key))).toEqual([]);
});

test("the description is a page, too, without a script and with nothing from elsewhere, below any path", async () => {
  const fleet = await fleets.start({ basePath: "/fleet" });
  const browser = await signIn(fleet);

  const page = await browser.get("/fleet/api");
  const style = await browser.get("/fleet/api/style.css");

  expect([page.status, page.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
  expect([style.status, style.headers["content-type"]]).toEqual([200, "text/css; charset=utf-8"]);
  expect(page.headers["content-security-policy"]).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
  for (const { method, path } of fleet.app.routes)
    if (!["/", "/*"].includes(path))
      expect(page.text).toContain(`>${method}</b> <code>${path.replaceAll(/:(\w+)/g, "{$1}")}</code>`);
  expect(page.text).not.toMatch(/<script|<style|style=|\son\w+=/);
  const addresses = [...page.text.matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, address]) => address);
  expect(addresses.filter((address) => !/^(#[\w-]+|\/fleet\/api\/[\w.]+)$/.test(address ?? ""))).toEqual([]);
});

test("what a description holds is text on its page", () => {
  const path = "/api/<b>{id}</b>";
  const operation: RouteDescription = {
    operationId: "a",
    summary: `<img src="x">`,
    tags: ["a & b"],
    security: [{ session: [], csrf: [] }],
    parameters: [{ name: "<i>", in: "path", required: true, schema: { type: "string", enum: ["</pre>"] } }],
    responses: {},
  };
  const info = { title: "</title>", version: "1", description: "<hr>", license: {} };

  const page = apiPage({ openapi: "3.1.0", info, paths: { [path]: { get: operation } }, components: {} }, "");

  expect(page).not.toMatch(/<(b>\{|img|i>|hr|\/pre>")/);
  expect(page).toContain("It is asked for with a session and its CSRF token.");
});

test("a schema is written as a type, with its limits", () => {
  const schema = z.object({
    name: z.string().min(1).max(20),
    count: z.int().min(1).default(5),
    kinds: z.array(z.enum(["a", "b"])).max(3),
    rest: z.record(z.string(), z.union([z.string(), z.null()])).optional(),
    when: z.iso.datetime(),
  });

  expect(schemaText(z.toJSONSchema(schema, { io: "input" }))).toBe(`{
  name: string   // 1 to 20 characters
  count?: integer   // from 1, default 5
  kinds: ("a" | "b")[]   // up to 3 items
  rest?: {
    [name]: string | null
  }
  when: string   // date-time
}`);
});

/** What changes something without being told anything in a body. */
function hasNoBody(path: string, method: string): boolean {
  return (
    method === "GET" ||
    method === "DELETE" ||
    /\/(cancel|logout|acknowledge|resolve|reset|rotate|test|catalogue\/read|schedules\/:id\/run|second-factor)$/.test(
      path,
    )
  );
}
