/** Socket.IO runs with connection state recovery: first the full state, and then one event for each change. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import type { ContenderServer, StartServer } from "../../harness/contender.ts";
import { initialRecords } from "../../harness/records.ts";

const RECOVERY_MS = 120_000;

export function startServer(): StartServer {
  return async ({ records }) => {
    const state = new Map(initialRecords(records).map((record) => [record.id, record]));
    const http = createServer();
    const io = new Server(http, {
      connectionStateRecovery: { maxDisconnectionDuration: RECOVERY_MS },
      serveClient: false,
    });
    io.on("connection", (socket) => {
      if (!socket.recovered) socket.emit("init", [...state.values()]);
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    return {
      port: (http.address() as AddressInfo).port,
      change: (change) => {
        const before = state.get(change.id);
        if (before === undefined) throw new Error(`no record ${change.id}`);
        state.set(change.id, { ...before, ...change });
        io.emit("change", change);
        return null;
      },
      records: () => state.values(),
      metrics: () => ({}),
      close: async () => {
        await io.close();
      },
    } satisfies ContenderServer;
  };
}
