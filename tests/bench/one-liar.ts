/** This server tells its third client other values than the rest, and the bench must notice it. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import type { ContenderServer, StartServer } from "../../bench/harness/contender.ts";
import { type BenchChange, initialRecords } from "../../bench/harness/records.ts";

const LIED_TO = 2;

export function startServer(): StartServer {
  return async ({ records }) => {
    const state = new Map(initialRecords(records).map((record) => [record.id, record]));
    const http = createServer();
    const sockets = new WebSocketServer({ server: http });
    sockets.on("connection", (socket) => socket.send(JSON.stringify({ type: "init", records: [...state.values()] })));
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    return {
      port: (http.address() as AddressInfo).port,
      change: (change: BenchChange) => {
        const before = state.get(change.id);
        if (before === undefined) throw new Error(`no record ${change.id}`);
        state.set(change.id, { ...before, ...change });
        [...sockets.clients].forEach((socket, index) => {
          const told = index === LIED_TO ? { ...change, cpu: change.cpu + 1 } : change;
          socket.send(JSON.stringify({ type: "changes", changes: [told] }));
        });
        return null;
      },
      records: () => state.values(),
      metrics: () => ({}),
      close: async () => {
        http.close();
      },
    } satisfies ContenderServer;
  };
}
