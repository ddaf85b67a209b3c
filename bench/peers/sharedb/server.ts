/** ShareDB runs as its README says: a database in memory, and one document to which each client subscribes over `ws`. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import WebSocketJSONStream from "@teamwork/websocket-json-stream";
import ShareDB from "sharedb";
import { WebSocketServer } from "ws";
import type { ContenderServer, StartServer } from "../../harness/contender.ts";
import { type BenchRecord, initialRecords } from "../../harness/records.ts";

export const SHAREDB_COLLECTION = "bench";
export const SHAREDB_DOCUMENT = "hosts";

type Hosts = Record<string, BenchRecord>;

export function startServer(): StartServer {
  return async ({ records }) => {
    const backend = new ShareDB();
    const document = backend.connect().get(SHAREDB_COLLECTION, SHAREDB_DOCUMENT);
    const hosts = Object.fromEntries(initialRecords(records).map((record) => [record.id, record]));
    await new Promise<void>((resolve, reject) =>
      document.create(hosts, (error) => (error ? reject(error) : resolve())),
    );
    const http = createServer();
    const sockets = new WebSocketServer({ server: http });
    sockets.on("connection", (socket) => {
      const stream = new WebSocketJSONStream(socket);
      stream.on("error", () => undefined); // It comes when a client is cut off while an operation is on its way to it.
      backend.listen(stream);
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    return {
      port: (http.address() as AddressInfo).port,
      change: ({ id, ...fields }) => {
        const before = (document.data as Hosts)[id];
        if (before === undefined) throw new Error(`no record ${id}`);
        const operation = Object.entries(fields).map(([field, value]) => ({
          p: [id, field],
          od: before[field as keyof typeof fields],
          oi: value,
        }));
        return new Promise<void>((resolve, reject) =>
          document.submitOp(operation, undefined, (error) => (error ? reject(error) : resolve())),
        );
      },
      records: () => Object.values(document.data as Hosts),
      metrics: () => ({}),
      close: async () => {
        sockets.close();
        http.close();
      },
    } satisfies ContenderServer;
  };
}
