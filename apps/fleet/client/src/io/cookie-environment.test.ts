import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { FleetSession } from "../fleet-session.ts";
import { cookieEnvironment } from "./cookie-environment.ts";

test("the cookie of the session goes with every request, and with every socket", async () => {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.cookie);
    const session = JSON.stringify({ user: "ada", role: "admin", csrfToken: "t" });
    if (request.url === "/api/login") response.setHeader("Set-Cookie", ["session=s1; HttpOnly", "other=2; Path=/"]);
    response.end(session);
  }).listen(0);
  await once(server, "listening");
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const opened: unknown[] = [];
  class Socket {
    binaryType = "";
    readonly readyState = 0;
    constructor(_url: string, _protocols: string[], { headers }: { readonly headers: object }) {
      opened.push({ ...headers });
    }
    send(): void {}
    close(): void {}
    addEventListener(): void {}
  }

  const { io, headers } = cookieEnvironment({ origin: address, WebSocket: Socket });
  const session = new FleetSession({ server: address, io });
  await session.signIn({ username: "ada", password: "secret" });
  await session.get("/api/state");
  const sync = session.follow();
  await new Promise(setImmediate);
  sync.stop();
  server.close();

  expect(seen).toEqual([undefined, "session=s1; other=2"]);
  expect(headers).toEqual({ origin: address, cookie: "session=s1; other=2" });
  expect(opened).toEqual([headers]);
});
