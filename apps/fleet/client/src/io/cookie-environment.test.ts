import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { FleetSession } from "../fleet-session.ts";
import { cookieEnvironment } from "./cookie-environment.ts";

/** With these headers sockets were opened. */
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

test("a cookie that comes later takes the place of the one of its name alone, and may take it away", async () => {
  const answers = [
    ["session=s1; HttpOnly", "device=d1; Max-Age=60"],
    ["device=d=2; Path=/"],
    [],
    ["session=; Path=/; Max-Age=0"],
    ["device=; max-age=0"],
  ];
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.cookie);
    response.setHeader("Set-Cookie", answers.shift() ?? []).end("{}");
  }).listen(0);
  await once(server, "listening");
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { io, headers } = cookieEnvironment({ origin: address, WebSocket: Socket });
  const session = new FleetSession({ server: address, io });

  for (let count = 0; count < 5; count += 1) await session.get("/api/state");
  server.close();

  expect(seen).toEqual([
    undefined,
    "session=s1; device=d1",
    "session=s1; device=d=2",
    "session=s1; device=d=2",
    "device=d=2",
  ]);
  expect(headers).toEqual({ origin: address });
});
