/**
 * All records move every second, on SQLite, for ten minutes: what the store and the process hold must not grow. This prints a
 * table by minutes, and exits with 1 when the largest of minutes 6 to 10 exceeds that of minutes 3 to 5 by more than a tenth.
 *
 * `node --conditions=source tests/engine/soak.ts [RECORDS] [MINUTES]`
 */

import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StateManager } from "@neverstale/server";
import { sqliteStore } from "@neverstale/store-sqlite";
import { model } from "./authority.ts";

const MIB = 1024 * 1024;
const PER_CALL = 100;
const MOST = 1.1;

/** These are measured every second, in bytes. */
const MEASURES = ["file", "wal", "rss", "heap"] as const;
type Measures = Record<(typeof MEASURES)[number], number>;

interface Minute {
  readonly largest: Measures;
  readonly changes: number;
  readonly metrics: Readonly<Record<string, number>>;
}

const records = Number(process.argv[2] ?? 20_000);
const minutes = Number(process.argv[3] ?? 10);
const folder = mkdtempSync(join(tmpdir(), "neverstale-soak-"));
const database = join(folder, "soak.db");
try {
  process.exitCode = (await soak()) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}

async function soak(): Promise<boolean> {
  const manager = await StateManager.open({ model, store: sqliteStore(database) });
  console.log("| minute | changes | file MiB | WAL MiB | RSS MiB | heap MiB | undo rows | log changes |");
  console.log("|---|--:|--:|--:|--:|--:|--:|--:|");
  const past: Minute[] = [];
  for (let minute = 1; minute <= minutes; minute += 1) {
    past.push(await live(manager));
    console.log(row(minute, past.at(-1) as Minute));
  }
  await manager.close();
  return past.length < 10 || isSteady(past);
}

/** Lives one minute: each second all records move, in as many turns as it takes. */
async function live(manager: StateManager<typeof model>): Promise<Minute> {
  const largest: Measures = { file: 0, wal: 0, rss: 0, heap: 0 };
  const versionBefore = manager.version;
  const startedAt = performance.now();
  for (let second = 0; second < 60; second += 1) {
    await moveAll(manager, second);
    const now = measure();
    for (const name of MEASURES) largest[name] = Math.max(largest[name], now[name]);
    const dueIn = startedAt + (second + 1) * 1_000 - performance.now();
    if (dueIn > 0) await new Promise((resolve) => setTimeout(resolve, dueIn));
  }
  return { largest, changes: manager.version - versionBefore, metrics: manager.metrics() };
}

async function moveAll(manager: StateManager<typeof model>, second: number): Promise<void> {
  for (let from = 0; from < records; from += PER_CALL) {
    const count = Math.min(PER_CALL, records - from);
    await manager.transact(() =>
      Array.from({ length: count }, (_, index) => ({
        type: "host_metrics",
        target: `host-${from + index}`,
        data: { cpu: { user: second, system: (from + index) % 100 }, load: [second, index], note: "x".repeat(100) },
      })),
    );
  }
}

function measure(): Measures {
  const { rss, heapUsed } = process.memoryUsage();
  return { file: sizeOf(database), wal: sizeOf(`${database}-wal`), rss, heap: heapUsed };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function row(minute: number, { largest, changes, metrics }: Minute): string {
  const mib = MEASURES.map((name) => (largest[name] / MIB).toFixed(1));
  const kept = ["store_undo_rows", "store_log_changes"].map((name) => metrics[name] ?? "");
  return `| ${[minute, changes, ...mib, ...kept].join(" | ")} |`;
}

function isSteady(past: readonly Minute[]): boolean {
  let steady = true;
  for (const name of ["file", "wal", "rss"] as const) {
    const largest = (from: number, to: number) =>
      Math.max(...past.slice(from - 1, to).map((minute) => minute.largest[name]));
    const ratio = largest(6, 10) / largest(3, 5);
    console.log(`${name}: largest of minutes 6 to 10 / of minutes 3 to 5 = ${ratio.toFixed(3)}`);
    if (ratio > MOST) steady = false;
  }
  return steady;
}
