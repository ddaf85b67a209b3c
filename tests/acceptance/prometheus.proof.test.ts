import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ended, removeWithProcesses } from "@neverstale/base/test-processes";
import { startTestServer } from "@neverstale/store-postgres/test-server";
import { afterAll, expect, test } from "vitest";
import { freePort, installed } from "../../packages/store-postgres/src/io/test-server-suite.ts";
import { grafanaExpressions } from "./grafana-suite.ts";
import { Product } from "./product.ts";

const undo: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const step of undo.reverse()) await step();
});

/** Where there is none it is installed, since this is never skipped. */
function find(program: string): string {
  const path = `/usr/bin/${program}`;
  if (existsSync(path) || (installed("prometheus") && existsSync(path))) return path;
  throw new Error("the proof needs Prometheus: sudo apt-get install prometheus, or your system's way");
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data?: { readonly result: readonly unknown[] };
}

test("a real Prometheus takes the metrics without a complaint, and knows an answer to each expression of the dashboard", async () => {
  const folder = mkdtempSync(join(tmpdir(), "neverstale-prometheus-"));
  undo.push(() => removeWithProcesses(folder));
  const [alone, node, database] = [new Product(), new Product(), await startTestServer()];
  undo.push(
    () => database.end(),
    () => alone.remove(),
    () => node.remove(),
  );
  await alone.start();
  await node.start("--no-local-agent", "--store", database.url());

  const text = await (await fetch(`${alone.address}/metrics`)).text();
  const checked = spawnSync(find("promtool"), ["check", "metrics"], { input: text, encoding: "utf8" });
  expect({ error: /error while linting|parse error/i.exec(checked.stderr), said: checked.stdout }).toEqual({
    error: null,
    said: "",
  });

  const port = await freePort();
  const targets = [alone, node].map(({ address }) => `"${new URL(address).host}"`).join(", ");
  const config = join(folder, "prometheus.yml");
  writeFileSync(
    config,
    `scrape_configs:\n  - job_name: neverstale\n    scrape_interval: 1s\n    static_configs: [{ targets: [${targets}] }]\n`,
  );
  const storage = ["--storage.tsdb.path", join(folder, "data"), "--web.listen-address", `127.0.0.1:${port}`];
  const prometheus = spawn(find("prometheus"), ["--config.file", config, ...storage], { stdio: "ignore" });
  undo.push(() => ended(prometheus));
  const ask = async (query: string): Promise<Answer> => {
    const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`;
    return (await (await fetch(url)).json()) as Answer;
  };
  const scraped = () =>
    ask("sum(count_over_time(neverstale_version[5m]))").then(
      ({ data }) => Number((data?.result[0] as { value: [number, string] } | undefined)?.value[1] ?? 0) >= 6,
      () => false,
    );
  await expect.poll(scraped, { timeout: 60_000, interval: 500 }).toBe(true);

  const failed: string[] = [];
  for (const expression of grafanaExpressions()) {
    const { status, error, data } = await ask(expression);
    if (status !== "success") failed.push(`${expression}: ${error}`);
    else if (data?.result.length === 0) failed.push(`${expression}: nothing`);
  }
  expect(failed).toEqual([]);
}, 180_000);
