import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { request as requestOverTls } from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Nginx, startNginx } from "./nginx.ts";
import { until } from "./node-fleet.ts";

/** It stands where a node would, and tells what has come to it. */
class Endpoint {
  readonly came: { readonly method: string; readonly url: string; readonly headers: IncomingMessage["headers"] }[] = [];
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => void response.end("fine");
  readonly #server: Server = createServer((request, response) => {
    this.came.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers });
    this.answer(request, response);
  });

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }
}

let endpoints: Endpoint[];
let nginx: Nginx;

beforeEach(async () => {
  endpoints = [new Endpoint(), new Endpoint(), new Endpoint()];
  nginx = await startNginx(await Promise.all(endpoints.map((endpoint) => endpoint.listen())));
});

afterEach(async () => {
  await nginx.end();
  await Promise.all(endpoints.map((endpoint) => endpoint.close()));
});

const allThatCame = () => endpoints.flatMap(({ came }) => came);

describe("the nginx of docs/SCALE.md", () => {
  test("[C9] appends the client's address, and passes on nothing that only nodes say to each other", async () => {
    const forged = {
      "x-forwarded-for": "203.0.113.7",
      "x-neverstale-node-token": "forged",
      "x-neverstale-client-address": "203.0.113.8",
    };
    for (const path of ["/api/session", "/sync", "/agent/sync", "/public/snapshot"]) {
      await fetch(nginx.address + path, { headers: forged });
    }

    expect(allThatCame()).toHaveLength(4);
    for (const { headers } of allThatCame()) {
      expect(headers["x-forwarded-for"]).toBe("203.0.113.7, 127.0.0.1");
      expect(headers.host).toBe(new URL(nginx.address).host);
      expect(headers["x-neverstale-node-token"]).toBeUndefined();
      expect(headers["x-neverstale-client-address"]).toBeUndefined();
    }
  });

  test("finds a file of the page at whichever node has it, since nodes of two releases stand beside each other for a while", async () => {
    for (const [index, endpoint] of endpoints.entries())
      endpoint.answer = ({ url }, response) => {
        const isThere = index === 2 && url === "/assets/newer.js";
        response.writeHead(isThere ? 200 : 404).end(isThere ? "the newer page" : "");
      };

    const answers = await Promise.all(Array.from({ length: 6 }, () => fetch(`${nginx.address}/assets/newer.js`)));

    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(Array(6).fill("the newer page"));
    expect((await fetch(`${nginx.address}/assets/nobody-has.js`)).status).toBe(404);
    expect((await fetch(`${nginx.address}/api/nothing`)).status).toBe(404);
    expect(allThatCame().filter(({ url }) => url === "/api/nothing")).toHaveLength(1);
  });

  test("[C9] lets nobody to where nodes speak to each other, nor to their metrics", async () => {
    const answers = await Promise.all(["/node", "/metrics"].map((path) => fetch(nginx.address + path)));

    expect(answers.map(({ status }) => status)).toEqual([404, 404]);
    expect(allThatCame()).toEqual([]);
  });

  test("sends on who comes without TLS, and answers over TLS", async () => {
    const plain = await fetch(`${nginx.redirectAddress}/hosts`, { redirect: "manual" });
    const asked = requestOverTls(`${nginx.tlsAddress}/hosts`, { ca: nginx.certificate });
    asked.end();
    const [answer] = (await once(asked, "response")) as [IncomingMessage];

    expect([plain.status, plain.headers.get("location")]).toEqual([301, "https://127.0.0.1/hosts"]);
    expect([answer.statusCode, (await answer.toArray()).join("")]).toEqual([200, "fine"]);
  });

  test("[W2] asks another node when one is gone or cuts an answer off, and never sends twice what may have had an effect", async () => {
    for (const endpoint of endpoints) {
      endpoint.answer = (request) => request.socket.destroy();
    }
    const read = await fetch(`${nginx.address}/api/state`);
    const reads = allThatCame().length;
    // A node that was found gone is left out for a while, which is over when one is asked again.
    const write = async () => (await fetch(`${nginx.address}/api/dispatch`, { method: "POST", body: "{}" })).status;
    await until("a node is asked again", async () => (await write()) === 502 && allThatCame().length > reads);

    expect([read.status, reads]).toEqual([502, 3]);
    expect(allThatCame().filter(({ method }) => method === "POST")).toHaveLength(1);
    await endpoints[0]?.close();
    await endpoints[1]?.close();
    (endpoints[2] as Endpoint).answer = (_, response) => void response.end("fine");
    await until("the node that is left answers", async () => (await write()) === 200);
  });

  test("[H8] a public space is asked for without what says who somebody is, and a private one is never kept", async () => {
    for (const endpoint of endpoints) {
      endpoint.answer = (_, response) => {
        response.setHeader("Cache-Control", "public, max-age=31536000");
        response.end("fine");
      };
    }
    const headers = { cookie: "session=secret", authorization: "Bearer secret" };
    for (let n = 0; n < 3; n += 1) await fetch(`${nginx.address}/public/s/c/e/1`, { headers });
    for (let n = 0; n < 3; n += 1) await fetch(`${nginx.address}/sync/s/c/e/1`, { headers });

    const [shared, ...others] = allThatCame();
    expect(shared).toMatchObject({ url: "/public/s/c/e/1" });
    expect([shared?.headers.cookie, shared?.headers.authorization]).toEqual([undefined, undefined]);
    expect(others.map(({ url, headers: { cookie } }) => [url, cookie])).toEqual(
      Array.from({ length: 3 }, () => ["/sync/s/c/e/1", "session=secret"]),
    );
  });

  test("[D2] the answer to a check is for the one who asked, whatever its headers say", async () => {
    for (const endpoint of endpoints) {
      endpoint.answer = (_, response) => {
        response.setHeader("Cache-Control", "public, max-age=31536000");
        response.end("fine");
      };
    }

    for (let n = 0; n < 3; n += 1) await fetch(`${nginx.address}/public/t/c/e/1?check=1`);

    expect(allThatCame()).toHaveLength(3);
  });
});
