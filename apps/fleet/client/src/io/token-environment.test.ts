import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { FleetSession } from "../fleet-session.ts";
import { tokenEnvironment } from "./token-environment.ts";

/** With these headers and protocols sockets were opened. */
const opened: unknown[] = [];

class Socket {
  binaryType = "";
  readonly readyState = 0;
  constructor(_url: string, protocols: string[], { headers }: { readonly headers: object }) {
    opened.push({ ...headers, protocols });
  }
  send(): void {}
  close(): void {}
  addEventListener(): void {}
}

test("[C25] an API token goes with every request and every socket, and no CSRF token is asked for", async () => {
  const seen: [string | undefined, IncomingHttpHeaders][] = [];
  const server = createServer((request, response) => {
    seen.push([request.url, request.headers]);
    response.end(JSON.stringify({ commands: [], epoch: "e", version: 1 }));
  }).listen(0);
  await once(server, "listening");
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { io } = tokenEnvironment({ token: "nst_secret", WebSocket: Socket });
  const session = new FleetSession({ server: address, io, byToken: true });

  await session.request("/api/dispatch", {});
  const sync = session.follow();
  await sync.dispatchOp("uptime", ["web-1"]);
  const output = session.followOutput("c1");
  await new Promise(setImmediate);
  sync.stop();
  output.stop();
  server.close();

  expect(seen.map(([url]) => url)).toEqual(["/api/dispatch", "/api/dispatch"]);
  for (const [, headers] of seen) {
    expect(headers.authorization).toBe("Bearer nst_secret");
    expect(headers).not.toHaveProperty("x-csrf-token");
  }
  expect(opened).toEqual(Array(2).fill({ authorization: "Bearer nst_secret", protocols: ["neverstale.v1"] }));
});
