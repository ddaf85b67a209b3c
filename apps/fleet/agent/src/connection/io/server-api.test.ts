import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ServerApi } from "./server-api.ts";
import { SYSTEM_TRUST } from "./server-trust.ts";

const CLAIM = { commandId: "c1", instance: "i1" };
const NOW = "2026-01-01T00:00:00.000Z";

let server: Server;
let api: ServerApi;
let asked: { authorization: string | undefined; body: string } | null;
let answer: (response: ServerResponse) => void;

beforeEach(async () => {
  asked = null;
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => {
      body += part.toString();
    });
    request.on("end", () => {
      asked = { authorization: request.headers.authorization, body };
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  api = new ServerApi(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`), SYSTEM_TRUST);
  api.credential = "secret";
});

afterEach(() => {
  api.close();
  server.closeAllConnections();
  server.close();
});

function answers(status: number, body: unknown, headers: Record<string, string> = {}): void {
  answer = (response) =>
    response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));
}

test("a 200 brings the answer and a look at the server's clock, for the credential alone", async () => {
  answers(200, { now: NOW, granted: true });

  const result = await api.claim(CLAIM);

  expect(result).toMatchObject({ type: "ok", answer: { granted: true } });
  const serverMs = result.type === "ok" ? (result.clock?.serverMs ?? 0) : 0;
  expect(serverMs).toBeGreaterThanOrEqual(Date.parse(NOW));
  expect(asked).toEqual({ authorization: "Bearer secret", body: JSON.stringify(CLAIM) });
});

const PROBLEM = {
  type: "about:blank",
  title: "Conflict",
  status: 409,
  code: "claim_refused",
  detail: "another has it",
  hint: "Do not start it.",
};

test.each([
  [401, PROBLEM, {}, { type: "not_accepted", message: "401 another has it Do not start it." }],
  [409, PROBLEM, {}, { type: "refused", status: 409, message: "409 another has it Do not start it." }],
  [400, "no JSON", {}, { type: "refused", status: 400, message: "400" }],
  [429, PROBLEM, { "retry-after": "7" }, { type: "unanswered", retryAfterMs: 7_000 }],
  [503, "", {}, { type: "unanswered", message: "503", retryAfterMs: 0 }],
  [200, "cut o", {}, { type: "unanswered" }],
  [200, { now: NOW, granted: false }, {}, { type: "unanswered" }],
  [200, "x".repeat(2 * 1024 ** 2), {}, { type: "unanswered", message: "an answer of more than 1048576 bytes" }],
])("%i %j is never taken for a grant", async (status, body, headers, expected) => {
  answers(status, body, headers as Record<string, string>);

  expect(await api.claim(CLAIM)).toMatchObject(expected);
});

test("a connection that is cut says that nobody knows", async () => {
  answer = (response) => response.destroy();

  expect(await api.claim(CLAIM)).toMatchObject({ type: "unanswered" });
});

test("one connection serves the requests of an agent, and goes when the server says so", async () => {
  const ports: (number | undefined)[] = [];
  const says = (connection: string) => {
    answer = (response) => {
      ports.push(response.socket?.remotePort);
      response.writeHead(200, { connection }).end(JSON.stringify({ now: NOW, granted: true }));
    };
  };

  says("keep-alive");
  await api.claim(CLAIM);
  await api.claim(CLAIM);
  says("close");
  await api.claim(CLAIM);
  await api.claim(CLAIM);

  expect([ports[1], ports[2]]).toEqual([ports[0], ports[0]]);
  expect(ports[3]).not.toBe(ports[0]);
});
