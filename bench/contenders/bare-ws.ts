/** Bare `ws` has connections and nothing else: it shows what an idle connection costs before anyone keeps anything for it. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import type { ContenderServer, StartServer } from "../harness/contender.ts";
import { initialRecords } from "../harness/records.ts";

export function startServer(): StartServer {
  return async ({ records }) => {
    const http = createServer();
    const sockets = new WebSocketServer({ noServer: true, clientTracking: false });
    const state = initialRecords(records);
    const init = Buffer.from(JSON.stringify({ type: "init", records: state }));
    http.on("upgrade", (request, socket, head) => {
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        webSocket.on("message", () => undefined);
        webSocket.on("close", () => undefined);
        webSocket.send(init, { binary: false });
      });
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    return {
      port: (http.address() as AddressInfo).port,
      change: () => {
        throw new Error("nothing changes here");
      },
      records: () => state,
      metrics: () => ({}),
      close: async () => {
        http.close();
      },
    } satisfies ContenderServer;
  };
}
