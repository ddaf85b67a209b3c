/** The engine is used as its users use it: with a model, a store, and `serveSync` on a Node http server. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { collection, defineModel, patch, put } from "@neverstale/protocol";
import { memoryStore, StateManager, serveSync } from "@neverstale/server";
import type { Store } from "@neverstale/server/store";
import { postgresStore } from "@neverstale/store-postgres";
import { startTestServer } from "@neverstale/store-postgres/test-server";
import { sqliteStore } from "@neverstale/store-sqlite";
import type { ContenderServer, StartServer } from "../harness/contender.ts";
import {
  type AnyChange,
  type BenchChange,
  type BenchRecord,
  initialNestedRecords,
  initialRecords,
  type RecordShape,
} from "../harness/records.ts";

export type EngineVariant = "memory" | "durable" | "postgres";

export const benchModel = defineModel({
  model: 1,
  collections: { hosts: collection<BenchRecord>() },
  changes: { host_added: put("hosts"), host_metrics: patch("hosts") },
});

/** So many records are written together at the start. This is far below what a transaction may hold (rule S8). */
const A_TRANSACTION = 1_000;

export type BenchManager = StateManager<typeof benchModel>;

/** A source is the data of one run. Each call of `open` gives the engine on it anew. */
interface Source {
  open(): Promise<BenchManager>;
  end(): Promise<void>;
}

async function sourceOf(variant: string, folder: string): Promise<Source> {
  const open = (store: Store) => StateManager.open({ model: benchModel, store });
  if (variant === "durable") return { open: () => open(sqliteStore(`${folder}/bench.db`)), end: async () => {} };
  if (variant === "memory") return { open: () => open(memoryStore({ log: false })), end: async () => {} };
  // It is a child of this process, so a disk that is slow for this process is as slow for it.
  const server = await startTestServer({ shared_buffers: "128MB" }, tmpdir()); // The other store is on a disk, too.
  return { open: () => open(postgresStore(server.url())), end: () => server.end() };
}

/** It opens the engine on the data. A new store is filled with the initial records. */
async function openEngine(source: Source, records: number, shape: RecordShape): Promise<BenchManager> {
  const manager = await source.open();
  if (manager.version === 0) await fill(manager, records, shape);
  return manager;
}

/** The engine decides changes here. */
export async function fill(manager: BenchManager, records: number, shape: RecordShape = "flat"): Promise<void> {
  // The model knows the flat shape. The type of a collection is there for whoever writes code: the engine takes any record.
  const initial = (shape === "nested" ? initialNestedRecords(records) : initialRecords(records)) as BenchRecord[];
  const changes = initial.map((record) => {
    return { type: "host_added", target: record.id, data: { ...record } } as const;
  });
  for (let from = 0; from < changes.length; from += A_TRANSACTION) {
    await manager.transact(() => changes.slice(from, from + A_TRANSACTION));
  }
}

async function storedRecords(source: Source): Promise<BenchRecord[]> {
  const manager = await source.open();
  const records = [...manager.state.hosts.values()];
  await manager.close();
  await source.end();
  return records;
}

export function engineChange({ id, ...data }: AnyChange) {
  return { type: "host_metrics", target: id, data: data as Omit<BenchChange, "id"> } as const;
}

export function startServer(variant: string): StartServer {
  return async ({ records, shape, folder }) => {
    const source = await sourceOf(variant, folder);
    const manager = await openEngine(source, records, shape);
    const http = createServer();
    const sync = serveSync(http, {
      manager,
      path: "/sync",
      authorize: () => Promise.resolve({ space: "main", subject: null }),
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    return {
      port: (http.address() as AddressInfo).port,
      change: (change) => manager.apply(engineChange(change)),
      records: () => manager.state.hosts.values(),
      metrics: () => manager.metrics(),
      close: async () => {
        await sync.close();
        http.close();
        await manager.close();
      },
      stored: () => storedRecords(source),
    } satisfies ContenderServer;
  };
}
