import { createHash } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { afterEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { StateManager } from "../../authority/state-manager.ts";
import { serveSync } from "../../transport/websocket/io/serve-sync.ts";
import { type HttpTestNode, HttpWorld, until } from "./http-nodes-suite.ts";
import { ADDRESS_HEADER, LINK_PROTOCOL, NODE_HEADER, TOKEN_HEADER } from "./link-headers.ts";

let world = new HttpWorld();

afterEach(async () => {
  await world.close();
  world = new HttpWorld();
});

async function tokenOf({ address }: HttpTestNode): Promise<string> {
  return (await world.listed()).find((node) => node.address === address)?.token ?? "";
}

function dial({ address }: HttpTestNode, headers: Record<string, string>, protocol = LINK_PROTOCOL): WebSocket {
  return new WebSocket(`${address.replace("http", "ws")}/node`, protocol, { headers });
}

/** The http status by which an attempt to link was refused. */
async function refusedWith(socket: WebSocket): Promise<number | undefined> {
  socket.on("error", () => {});
  const [, answer] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
  socket.terminate();
  return answer.statusCode;
}

/** A stranger who has the token, and so is taken for a node. */
async function linked(node: HttpTestNode, id = "stranger"): Promise<WebSocket> {
  const socket = dial(node, {
    [TOKEN_HEADER]: await tokenOf(node),
    [NODE_HEADER]: id,
    [ADDRESS_HEADER]: "http://127.0.0.1:1",
  });
  socket.on("error", () => {});
  await once(socket, "open");
  return socket;
}

test("[N2] entries come to every node over the link, in order, and calls at any node are carried out by the writer", async () => {
  const nodes = await world.startAll(3);
  const [one, two, three] = nodes as [HttpTestNode, HttpTestNode, HttpTestNode];

  await Promise.all(nodes.flatMap((node, at) => [0, 1, 2].map((n) => node.add(`host-${at}-${n}`))));
  await until(() => nodes.every(({ manager }) => manager.version === one.manager.version));

  expect(nodes.map(({ manager }) => manager.state.hosts.size)).toEqual([9, 9, 9]);
  expect(two.metrics.node_forwarded_total).toBe(3);
  expect(two.metrics.node_link_received_total).toBeGreaterThan(0);
  await until(() => one.metrics.node_link_entries_waiting === 0 && one.metrics.node_link_bytes_waiting === 0);
  expect(three.manager.node?.term?.address).toBe(one.address);
});

test("[W1] what the writer says to a forwarded call comes back: an error with its code, and the answer of a repeat", async () => {
  const [, two] = (await world.startAll(2)) as [HttpTestNode, HttpTestNode];

  const key = { id: "k", bodyHash: "h" };
  const first = await two.add("a", { key });
  expect(await two.add("a", { key })).toMatchObject({ version: first.version, replayed: true });
  const reused = two.add("b", { key: { ...key, bodyHash: "another" } });
  await expect(reused).rejects.toMatchObject({ name: "SyncError", code: "key_reused" });
});

test("[N11] a link is refused without the token of the node, with another one, and with another protocol", async () => {
  const [one, two] = (await world.startAll(2)) as [HttpTestNode, HttpTestNode];
  const right = await tokenOf(one);
  const who = { [NODE_HEADER]: "x", [ADDRESS_HEADER]: "http://127.0.0.1:1" };

  expect(await refusedWith(dial(one, who))).toBe(401);
  expect(await refusedWith(dial(one, { ...who, [TOKEN_HEADER]: await tokenOf(two) }))).toBe(403);
  expect(await refusedWith(dial(one, { ...who, [TOKEN_HEADER]: `${right}x` }))).toBe(403);
  expect(await refusedWith(dial(one, { ...who, [TOKEN_HEADER]: right }, "another.1"))).toBe(400);
  expect(await refusedWith(dial(one, { [TOKEN_HEADER]: right }))).toBe(400);
  expect(one.metrics.node_link_refused_total).toBe(5);
});

test.each([
  ["no JSON", "{", false],
  ["no message", '{"type":"nothing"}', false],
  ["an entry without its parts", '{"type":"entry","entry":{"type":"group","sequence":1,"term":"x"}}', false],
  ["calls without changes", '{"type":"calls","id":1,"runs":[[1,{}]]}', false],
  ["calls without runs", '{"type":"calls","id":1,"changes":[{"type":"a","target":"","data":{}}],"runs":[]}', false],
  ["a call whose target is no text", '{"type":"calls","id":1,"changes":[["a",[],1]],"runs":[[1,{}]]}', false],
  ["a line of nobody", '{"type":"calls","id":1,"changes":[],"runs":[[{"line":"a"},{"rights":null}]]}', false],
  ["calls that break off", '{"type":"calls","id":1,"changes":[["a",["b"],"c"]],"runs":[[1,{}]]}', false],
  [
    "digests without their parts",
    '{"type":"digests","told":{"place":{"sequence":1,"term":"x"},"digests":[{}]}}',
    false,
  ],
  ["two messages in one frame", '{"type":"alive"}\n{"type":"alive"}', false],
  ["bytes", "bytes", true],
])("garbage on a link ends that link alone: %s", async (_, text, isBinary) => {
  const [one, two] = (await world.startAll(2)) as [HttpTestNode, HttpTestNode];
  const socket = await linked(one);

  socket.send(text, { binary: isBinary });
  await once(socket, "close");

  expect(one.metrics.node_link_garbage_total).toBe(1);
  await two.add("a");
  expect(one.has("a")).toBe(true);
});

test("[B81] a message beyond its bound ends the link, and a call beyond it is refused before it is sent", async () => {
  const limits = { messageBytes: 4_096 };
  const [one, two] = (await world.startAll(2, { limits })) as [HttpTestNode, HttpTestNode];
  const socket = await linked(one);

  socket.send(JSON.stringify({ type: "alive", more: "x".repeat(5_000) }));
  await once(socket, "close");
  const large = two.manager.apply({ type: "host_added", target: "a", data: { text: "x".repeat(5_000) } });

  await expect(large).rejects.toMatchObject({ code: "invalid_change" });
  expect(one.metrics.node_link_garbage_total).toBe(1);
});

test("[W1] [B81] calls of one moment share frames, none of which is beyond the bound of a message", async () => {
  const limits = { messageBytes: 4_096 };
  const [one, two] = (await world.startAll(2, { limits })) as [HttpTestNode, HttpTestNode];
  const ids = Array.from({ length: 300 }, (_, n) => `host-${n}`);

  const data = (id: string) => ({ text: id.padEnd(6 * Number(id.slice(5)), "ü") });
  await Promise.all(ids.map((id) => two.manager.apply({ type: "host_added", target: id, data: data(id) })));

  expect(ids.filter((id) => !one.has(id))).toEqual([]);
  expect([one.metrics, two.metrics].map((counts) => counts.node_link_garbage_total)).toEqual([0, 0]);
});

test("[N3] [B81] an entry beyond the bound of a message is not pushed: the nodes read it in the store", async () => {
  const limits = { messageBytes: 4_096 };
  const [one, two] = (await world.startAll(2, { limits })) as [HttpTestNode, HttpTestNode];

  await one.manager.apply({ type: "host_added", target: "a", data: { text: "x".repeat(5_000) } });
  await until(() => two.has("a"));

  expect(one.metrics.node_link_too_large_total).toBe(1);
});

test("[N3] [B80] a node that hears nothing of what is pushed loses its link, and holds nobody up", async () => {
  const limits = { pushedEntries: 20 };
  await world.impostor((socket) => {
    socket.once("data", (request) => socket.write(upgraded(request.toString())));
  });
  const one = await world.start({ limits });
  await until(() => one.metrics.node_links_out === 1);

  for (let at = 0; at <= 20; at += 1) await one.add(`host-${at}`);

  expect(one.metrics.node_link_slow_total).toBe(1);
  expect(one.manager.state.hosts.size).toBe(21);
});

test("[N3] [B83] a node that never answers is cut off after a while, and counted", async () => {
  await world.impostor((socket) => {
    socket.once("data", (request) => socket.write(upgraded(request.toString())));
  });
  const one = await world.start({ limits: { silentMs: 200 } });

  await until(() => (one.metrics.node_link_silent_total ?? 0) > 0);

  await one.add("a");
  expect(one.has("a")).toBe(true);
});

test("[B82] links are bounded: one more node than may be linked is refused, and one that dials again takes its place anew", async () => {
  const one = await world.start({ limits: { links: 1 } });
  const first = await linked(one, "first");
  const gone = once(first, "close");

  const headers = {
    [TOKEN_HEADER]: await tokenOf(one),
    [NODE_HEADER]: "second",
    [ADDRESS_HEADER]: "http://127.0.0.1:1",
  };
  expect(await refusedWith(dial(one, headers))).toBe(503);
  await linked(one, "first");
  await gone;

  expect(one.metrics.node_links_in).toBe(1);
  expect(one.metrics.limit_node_links).toBe(1);
});

test("[T5] a writer that is drained names a successor over the link, which is the writer when `drain` resolves", async () => {
  const [one, two] = (await world.startAll(2)) as [HttpTestNode, HttpTestNode];

  await one.manager.drain();

  expect(two.manager.node?.role).toBe("writer");
  await one.add("a");
  expect(two.has("a")).toBe(true);
});

test("[M7] a client that comes to a node before it serves clients, or when it no longer does, is told to come back, and not that nothing is there", async () => {
  const node = await world.start();
  const knock = (path: string) => refusedWith(new WebSocket(node.address.replace("http", "ws") + path));
  expect(await knock("/sync")).toBe(503);

  const endpoint = serveSync(node.http, { manager: node.manager as unknown as StateManager });
  expect(await knock("/elsewhere")).toBe(404);

  await endpoint.close();
  expect(await knock("/sync")).toBe(503);
});

/** The answer of a server that upgrades whoever asks. */
function upgraded(request: string): string {
  const key = /sec-websocket-key: (.*)\r\n/i.exec(request)?.[1] ?? "";
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  const head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
  return [...head, `Sec-WebSocket-Accept: ${accept}`, `Sec-WebSocket-Protocol: ${LINK_PROTOCOL}`, "", ""].join("\r\n");
}

test("[T5] a node that serves no others any more ends their links, so that its http server can close, and the others go on", async () => {
  const [one, two] = (await world.startAll(2)) as [HttpTestNode, HttpTestNode];

  const closed = once(two.http.close(), "close");
  two.stopServing();

  await closed;
  await one.add("a");
  await until(() => two.has("a"));
});
