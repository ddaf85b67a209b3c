/** TinyBase's WebSocket server runs with a mergeable store, which its persister keeps in memory. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createMergeableStore, type MergeableStore } from "tinybase";
import { createCustomPersister } from "tinybase/persisters";
import { createWsServer } from "tinybase/synchronizers/synchronizer-ws-server";
import { WebSocketServer } from "ws";
import type { ContenderServer, StartServer } from "../../harness/contender.ts";
import { type BenchRecord, initialRecords } from "../../harness/records.ts";

export const TABLE = "hosts";
const PATH = "bench";
/** This is its value `MergeableStoreOnly`. */
const PERSISTS = 2;

export function startServer(): StartServer {
  return async ({ records }) => {
    const store = createMergeableStore();
    store.transaction(() => {
      for (const { id, ...fields } of initialRecords(records)) store.setRow(TABLE, id, fields);
    });
    const http = createServer();
    const sockets = new WebSocketServer({ server: http });
    createWsServer(sockets, () => inMemory(store));
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    return {
      port: (http.address() as AddressInfo).port,
      change: ({ id, ...fields }) => {
        store.setPartialRow(TABLE, id, fields);
        return null;
      },
      records: () => recordsOfTable(store),
      metrics: () => ({}),
      close: async () => {
        sockets.close();
        http.close();
      },
    } satisfies ContenderServer;
  };
}

function inMemory(store: MergeableStore) {
  const nothing = (): undefined => undefined;
  return createCustomPersister(
    store,
    async () => undefined,
    async () => undefined,
    nothing,
    nothing,
    undefined,
    PERSISTS,
  );
}

export function recordsOfTable(store: MergeableStore): BenchRecord[] {
  return Object.entries(store.getTable(TABLE)).map(([id, row]) => ({ id, ...row }) as unknown as BenchRecord);
}

export { PATH };
