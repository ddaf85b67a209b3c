import { afterAll, expect, test } from "vitest";
import { Fleets, signIn } from "../fleet/fleet-suite.ts";

const fleets = new Fleets();
afterAll(() => fleets.end());

interface Operation {
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
    paths: Record<string, Record<string, Operation>>;
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
    content: { "application/json": { schema: { required: ["op", "hosts"], additionalProperties: false } } },
  });
  expect(Object.keys(dispatch?.responses ?? {})).toEqual(["202", "default"]);
  expect(paths["/api/commands"]?.get?.parameters.map((one) => `${one.in} ${one.name}`)).toEqual([
    "query limit",
    "query before",
    "query host",
  ]);
  expect(paths["/agent/claims"]?.post?.security).toEqual([{ agent: [] }]);
});

/** What changes something without being told anything in a body. */
function hasNoBody(path: string, method: string): boolean {
  return (
    method === "GET" ||
    method === "DELETE" ||
    /\/(cancel|logout|acknowledge|resolve|reset|test|catalogue\/read)$/.test(path)
  );
}
