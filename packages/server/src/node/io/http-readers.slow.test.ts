import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { serveHttp } from "../../transport/http/io/serve-http.ts";
import { type HttpTestNode, HttpWorld, until } from "./http-nodes-suite.ts";

let world = new HttpWorld();
const toClose: (() => void)[] = [];

afterEach(async () => {
  for (const close of toClose.splice(0)) close();
  await world.close();
  world = new HttpWorld();
});

/** It serves readers of a node over sockets, and returns the address of the space that everybody may see. */
async function boardOf({ manager }: HttpTestNode): Promise<string> {
  const endpoint = serveHttp({ manager, path: "/board", publicSpace: () => "main" });
  const http = createServer((request, response) => {
    if (!endpoint.handle(request, response)) response.writeHead(404).end();
  });
  toClose.push(() => {
    endpoint.close();
    http.closeAllConnections();
    http.close();
  });
  await once(http.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/board`;
}

function at({ manager }: HttpTestNode): string {
  return `${manager.space("main")?.creationId}/${manager.epoch}/${manager.version}`;
}

async function messagesOf(answer: Response): Promise<Record<string, unknown>[]> {
  const lines = (await answer.text()).split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test("[N6] [H2] over sockets a position that one node has given is answered at each other one, at once", async () => {
  const [one, two] = (await world.startAll(2)) as [HttpTestNode, HttpTestNode];
  const board = await boardOf(two);

  for (let n = 0; n < 20; n += 1) {
    await one.add(`host-${n}`);
    const answer = await fetch(`${board}/t/${at(one)}?wait=0`);
    expect(answer.status).toBe(200);
    expect((await messagesOf(answer)).at(-1)).toMatchObject({ type: "sync", version: one.manager.version });
  }
});

test("[D2] [N5] over sockets a check at another node is answered behind what was stored before it was asked", async () => {
  const [one, two] = (await world.startAll(2)) as [HttpTestNode, HttpTestNode];
  const board = await boardOf(two);
  const before = at(one);

  const { version } = await one.add("a");
  const messages = await messagesOf(await fetch(`${board}/t/${before}?check=1`));

  expect(messages.find(({ check }) => check === 1)).toMatchObject({ version });
});

test("[E7] a poll that waits at a node outlives the writer: its answer begins with the step of the next term", async () => {
  const [one, two] = (await world.startAll(2)) as [HttpTestNode, HttpTestNode];
  const board = await boardOf(two);
  await one.add("a");
  await until(() => two.has("a"));
  const epoch = one.manager.epoch;
  const waiting = fetch(`${board}/t/${at(two)}`);

  await one.close();
  await until(() => two.manager.node?.role === "writer");
  await two.add("b");
  const messages = await messagesOf(await waiting);

  expect(two.manager.epoch).not.toBe(epoch);
  expect(messages).toMatchObject([
    { type: "sync", version: 1, epoch: two.manager.epoch },
    { type: "delta", from: 1, version: 2 },
    { type: "sync", version: 2 },
  ]);
});

test("[H2] over sockets a node that ends answers whoever waits with 503, which no cache may keep", async () => {
  const [, two] = (await world.startAll(2)) as [HttpTestNode, HttpTestNode];
  const board = await boardOf(two);
  const waiting = fetch(`${board}/t/${at(two)}`);
  await until(async () => (await fetch(`${board}/t/${at(two)}?wait=0`)).ok);

  await two.close();
  const answer = await waiting;

  expect([answer.status, answer.headers.get("Cache-Control")]).toEqual([503, "no-store"]);
  expect(answer.headers.get("Neverstale-Protocol")).toBe("v1");
});
