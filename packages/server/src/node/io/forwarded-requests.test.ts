import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { passedOn } from "../link/forward-headers.ts";
import type { UnreachableNode } from "../link/reachability.ts";
import { type HttpTestNode, HttpWorld, post, until } from "./http-nodes-suite.ts";
import { CLIENT_HEADER, HOPS_HEADER, TOKEN_HEADER } from "./link-headers.ts";

let world = new HttpWorld();

afterEach(async () => {
  await world.close();
  world = new HttpWorld();
});

async function tokenOf({ address }: HttpTestNode): Promise<string> {
  return (await world.listed()).find((node) => node.address === address)?.token ?? "";
}

test("[W1] a request is answered by the writer, whichever node it comes to, and the answer is unaltered", async () => {
  const [one, two] = (await world.startAll(2)) as [HttpTestNode, HttpTestNode];

  const body = "ä".repeat(10_000);
  const answer = await two.post("/hosts/a?x=%2F", { body, headers: { Host: "fleet.example", Cookie: "session=1" } });

  expect(answer).toMatchObject({ status: 207, statusMessage: "As It Is", json: { body, client: "127.0.0.1" } });
  expect(answer.headers).toMatchObject({
    "set-cookie": ["a=1; HttpOnly", "b=2"],
    etag: `"${one.manager.version}"`,
    "content-type": "application/problem+json",
  });
  const [handled] = one.handled;
  expect(handled?.url).toBe("/hosts/a?x=%2F");
  expect(handled?.headers).toMatchObject({ host: "fleet.example", cookie: "session=1" });
  expect([one.handled.length, two.handled.length]).toEqual([1, 0]);
  expect(two.metrics.node_requests_forwarded_total).toBe(1);
});

test("[W1] the address of a client is believed from a node alone", async () => {
  const [one, two] = (await world.startAll(2)) as [HttpTestNode, HttpTestNode];
  const said = { [CLIENT_HEADER]: "9.9.9.9", [HOPS_HEADER]: "2" };

  const clients = [
    await one.post("/hosts/a", { headers: said }),
    await one.post("/hosts/b", { headers: { ...said, [TOKEN_HEADER]: await tokenOf(two) } }),
    await two.post("/hosts/c", { headers: said }),
    await one.post("/hosts/d", { headers: { ...said, [TOKEN_HEADER]: await tokenOf(one) } }),
  ].map(({ json }) => json.client);

  expect(clients).toEqual(["127.0.0.1", "127.0.0.1", "127.0.0.1", "9.9.9.9"]);
});

test("[W1] a request that was forwarded twice is not forwarded again", async () => {
  const [one, two] = (await world.startAll(2)) as [HttpTestNode, HttpTestNode];
  const token = await tokenOf(two);

  const again = await two.post("/hosts/a", { headers: { [TOKEN_HEADER]: token, [HOPS_HEADER]: "1" } });
  const tooOften = await two.post("/hosts/b", { headers: { [TOKEN_HEADER]: token, [HOPS_HEADER]: "2" } });

  expect(again.status).toBe(207);
  expect(tooOften).toMatchObject({ status: 503, json: { code: "store_unavailable" } });
  expect(one.handled).toHaveLength(1);
  expect(two.metrics.node_requests_refused_total).toBe(1);
});

test("[W2] [B85] where there is no writer a request waits, and then it is refused with when to come back", async () => {
  const limits = { writerMs: 100 };
  const [one, two] = (await world.startAll(2, { limits })) as [HttpTestNode, HttpTestNode];
  one.cutOff();
  await until(() => two.metrics.node_links_out === 0);

  const answer = await two.post("/hosts/a");

  expect(answer).toMatchObject({ status: 503, json: { code: "store_unavailable", retryAfterMs: 1_000 } });
  expect(answer.headers["retry-after"]).toBe("1");
  expect(one.handled).toHaveLength(0);
});

test("[W2] a writer whose address leads elsewhere is told of, with why, and requests that can't reach it say so", async () => {
  const told: UnreachableNode[] = [];
  const options = {
    limits: { writerMs: 100, unreachableMs: 50 },
    onUnreachable: (node: UnreachableNode) => told.push(node),
  };
  const stranger = createServer((_, response) => response.writeHead(404).end());
  await once(stranger.listen(0, "127.0.0.1"), "listening");
  const elsewhere = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
  await world.start({}, elsewhere);
  const two = await world.start(options);

  await until(() => told.length > 0);
  const answer = await two.post("/hosts/a");

  expect(told).toEqual([{ address: elsewhere, why: expect.stringMatching(/HTTP 404.*no node of this store/) }]);
  expect(two.metrics).toMatchObject({ node_links_out: 0, node_links_lost: 1 });
  expect(answer).toMatchObject({
    status: 503,
    json: { code: "store_unavailable", detail: expect.stringMatching(/can't reach/) },
  });
  stranger.close();
});

test("[N11] two nodes of one address are told of by those who meet the wrong one there", async () => {
  const told: UnreachableNode[] = [];
  const options = { limits: { unreachableMs: 50 }, onUnreachable: (node: UnreachableNode) => told.push(node) };
  const one = await world.start(options);
  const two = await world.start();

  await world.start({}, two.address);
  await until(() => told.length > 0);

  expect(told).toEqual([{ address: two.address, why: expect.stringMatching(/another node answers there/) }]);
  expect(one.metrics).toMatchObject({ node_links_out: 1, node_links_lost: 1 });
});

test("[W2] a request that waits for a writer is handled by the next one, here or at another node", async () => {
  const [one, two] = (await world.startAll(2)) as [HttpTestNode, HttpTestNode];

  const [answer] = await Promise.all([two.post("/hosts/a"), two.post("/hosts/b"), one.manager.drain()]);
  const later = await one.post("/hosts/c");

  expect([answer.status, later.status]).toEqual([207, 207]);
  expect([two.has("a"), two.has("b"), two.has("c")]).toEqual([true, true, true]);
});

test("[W2] a lost answer is `outcome_unknown`, and is asked for again under an idempotency key alone", async () => {
  const [one, two] = (await world.startAll(2)) as [HttpTestNode, HttpTestNode];
  let losses = 2;
  one.answers = async () => {
    losses -= 1;
    if (losses >= 0) one.handled.at(-1)?.socket.destroy();
    return losses < 0;
  };

  expect(await two.post("/hosts/a")).toMatchObject({ status: 502, json: { code: "outcome_unknown" } });
  const repeated = await two.post("/hosts/b", { headers: { "Idempotency-Key": "k" } });

  expect(repeated.status).toBe(207);
  expect(one.handled).toHaveLength(3);
  expect(two.metrics).toMatchObject({ node_requests_lost_total: 1, node_requests_repeated_total: 1 });
});

test("[W2] [B85] a writer that gives no answer in time leaves the outcome unknown", async () => {
  const limits = { answerMs: 200 };
  const [one, two] = (await world.startAll(2, { limits })) as [HttpTestNode, HttpTestNode];
  one.answers = async () => false;

  expect(await two.post("/hosts/a")).toMatchObject({ status: 504, json: { code: "outcome_unknown" } });
  const key = { "Idempotency-Key": "k" };
  expect(await two.post("/hosts/b", { headers: key })).toMatchObject({ status: 504 });
  expect(two.metrics.node_requests_under_way).toBe(0);
});

test("[B84] bodies of forwarded requests are bounded one by one and together, and requests by their number", async () => {
  const limits = { forwardedBodyBytes: 1_000, forwardedBytes: 1_500, forwardedRequests: 2 };
  const [one, two] = (await world.startAll(2, { limits })) as [HttpTestNode, HttpTestNode];
  let goOn = () => {};
  const held = new Promise<boolean>((resolve) => {
    goOn = () => resolve(true);
  });
  one.answers = () => held;

  expect(await two.post("/hosts/a", { body: "x".repeat(1_001) })).toMatchObject({
    status: 413,
    json: { code: "too_large" },
  });
  const first = two.post("/hosts/b", { body: "x".repeat(1_000) });
  await until(() => one.handled.length === 1);
  expect(two.metrics).toMatchObject({ node_request_bytes: 1_000, limit_node_request_bytes: 1_500 });
  expect(await two.post("/hosts/c", { body: "x".repeat(501) })).toMatchObject({ status: 503 });
  const second = two.post("/hosts/d");
  await until(() => two.metrics.node_requests_under_way === 2);
  const answer = await two.post("/hosts/e");
  expect(answer).toMatchObject({ status: 503, json: { code: "too_many_requests" } });
  expect(answer.headers["retry-after"]).toBe("1");

  goOn();
  expect([(await first).status, (await second).status]).toEqual([207, 207]);
  await until(() => two.metrics.node_request_bytes === 0 && two.metrics.node_requests_under_way === 0);
});

test("a client that leaves before its body is whole is not forwarded, and its room is free again", async () => {
  const [one, two] = (await world.startAll(2)) as [HttpTestNode, HttpTestNode];
  const socket = connect(Number(new URL(two.address).port), "127.0.0.1");
  socket.write("POST /hosts/a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  await until(() => two.metrics.node_request_bytes === 3);

  socket.destroy();
  await once(socket, "close");
  await until(() => two.metrics.node_requests_under_way === 0);

  expect([one.handled.length, two.metrics.node_request_bytes]).toEqual([0, 0]);
});

test("the path of a request leads to no other machine", async () => {
  const [one, two] = (await world.startAll(2)) as [HttpTestNode, HttpTestNode];

  expect((await post(two.address, "//127.0.0.1:1/a")).status).toBe(207);
  expect((await post(two.address, "http://127.0.0.1:1/b")).status).toBe(207);

  expect(one.handled.map(({ url }) => url)).toEqual(["//127.0.0.1:1/a", "http://127.0.0.1:1/b"]);
});

test("headers of one connection are not passed on, nor those that `Connection` names, and others keep their order", () => {
  const raw = ["A", "1", "Connection", "close, X-Mine", "x-mine", "2", "TE", "gzip", "a", "3", "Dropped", "4"];
  expect(passedOn(raw, new Set(["dropped"]))).toEqual(["A", "1", "a", "3"]);
});
