import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Product } from "./product.ts";

const OPERATIONS = new URL("../../docs/OPERATIONS.md", import.meta.url);

const product = new Product();

beforeAll(() => product.start("--no-local-agent"), 60_000);
afterAll(() => product.remove());

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

/** Only a node on a shared store in PostgreSQL shows these: this server is alone on its file. */
const OF_NODES = /^(limit_)?node_|^entrants|^store_(waiting_calls|answer_timeouts_total|connection_failures_total)$/;

test("[A10] every bound that OPERATIONS.md knows has a metric, and GET /metrics shows it", async () => {
  const text = await (await fetch(`${product.address}/metrics`)).text();
  const shown = new Set([...text.matchAll(/^# TYPE neverstale_(\w+) /gm)].map(([, name]) => name));

  const rows = bounds();
  const withoutMetric = rows.filter(
    ([, , , , cell = ""]) => metricsIn(cell).length === 0 && !cell.startsWith(" none: "),
  );
  const named = rows.flatMap(([, , , , cell = ""]) => metricsIn(cell));

  expect(rows.length).toBeGreaterThan(10);
  expect(withoutMetric).toEqual([]);
  expect(named.filter((name) => !shown.has(name) && !OF_NODES.test(name))).toEqual([]);
});
