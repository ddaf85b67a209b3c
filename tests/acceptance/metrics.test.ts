import { readFileSync } from "node:fs";
import { startTestServer, type TestServer } from "@neverstale/store-postgres/test-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { grafanaExpressions } from "./grafana-suite.ts";
import { Product } from "./product.ts";

const OPERATIONS = new URL("../../docs/OPERATIONS.md", import.meta.url);

/** One is alone on its file, and the other is a node on PostgreSQL, which has bounds of its own. */
const alone = new Product();
const node = new Product();
let database: TestServer | null = null;

beforeAll(async () => {
  database = await startTestServer();
  await alone.start("--no-local-agent");
  await node.start("--no-local-agent", "--store", database.url());
});
afterAll(async () => {
  await Promise.all([alone.remove(), node.remove()]);
  await database?.end();
});

/** The rows of the table of bounds, cell by cell: number, what, bound, what happens there, metric, tests. */
function bounds(): string[][] {
  const lines = readFileSync(OPERATIONS, "utf8").split("\n");
  const head = lines.findIndex((line) => line.startsWith("| | what | bound |"));
  const rows = lines.slice(head + 2);
  const end = rows.findIndex((line) => !line.startsWith("|"));
  return rows.slice(0, end).map((row) => row.split("|").slice(1, -1));
}

/** The names in a cell, without their labels. */
const metricsIn = (cell: string) => [...cell.matchAll(/`(\w+)(?:\{[^}`]*\})?`/g)].map(([, name]) => name ?? "");

async function metricsOf({ address }: Product): Promise<string[]> {
  const text = await (await fetch(`${address}/metrics`)).text();
  return [...text.matchAll(/^# TYPE neverstale_(\w+) /gm)].map(([, name]) => name ?? "");
}

test("[A10] every bound that OPERATIONS.md knows has a metric, and GET /metrics shows it", async () => {
  const shown = new Set([...(await metricsOf(alone)), ...(await metricsOf(node))]);

  const rows = bounds();
  const withoutMetric = rows.filter(
    ([, , , , cell = ""]) => metricsIn(cell).length === 0 && !cell.startsWith(" none: "),
  );
  const named = rows.flatMap(([, , , , cell = ""]) => metricsIn(cell));

  expect(rows.length).toBeGreaterThan(10);
  expect(withoutMetric).toEqual([]);
  expect(named.filter((name) => !shown.has(name))).toEqual([]);
});

test("each expression of the Grafana dashboard names metrics alone that GET /metrics shows", async () => {
  const texts = await Promise.all([alone, node].map(async ({ address }) => (await fetch(`${address}/metrics`)).text()));
  const shown = new Set(
    texts.flatMap((text) => [...text.matchAll(/^(?:# TYPE )?(\w+)[ {]/gm)].map(([, name]) => name)),
  );

  const expressions = grafanaExpressions();
  const named = expressions.flatMap((expression) => expression.match(/\b(?:neverstale|process|nodejs)_\w+/g) ?? []);

  expect(expressions.length).toBeGreaterThan(50);
  expect(expressions.filter((expression) => !/\b(?:neverstale|process|nodejs)_/.test(expression))).toEqual([]);
  expect(named.filter((name) => !shown.has(name))).toEqual([]);
});
