import { createServer, request, type Server } from "node:http";
import { type AddressInfo, connect as connectTcp, type Socket } from "node:net";
import { gunzipSync } from "node:zlib";
import { collection, defineModel, patch, put } from "@neverstale/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { StateManager } from "../../../authority/io/open.ts";
import type { Limits } from "../../../limits/limits.ts";
import { memoryStore } from "../../../store/memory.ts";
import type { Grant } from "../../attempt.ts";
import type { Refusal } from "../../refusal.ts";
import { type ServeSyncOptions, type SyncEndpoint, serveSync } from "./serve-sync.ts";
import type { PresentFollower } from "./sockets.ts";
import { until } from "./upgrade-suite.ts";

const model = defineModel({
  model: 1,
  collections: { hosts: collection(null) },
  changes: { host_added: put("hosts"), host_updated: patch("hosts") },
});

let http: Server;
let manager: StateManager<typeof model>;
let sync: SyncEndpoint;
let port: number;
const sockets: WebSocket[] = [];

async function start(options: Omit<ServeSyncOptions, "manager"> = {}, limits: Partial<Limits> = {}): Promise<void> {
  manager = await StateManager.open({ model, store: memoryStore(), limits });
  http = createServer((_, response) => response.writeHead(404).end());
  sync = serveSync(http, { manager, ...options });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  port = (http.address() as AddressInfo).port;
}

async function stop(): Promise<void> {
  for (const socket of sockets.splice(0)) socket.terminate();
  await sync.close();
  await manager.close();
  await new Promise((resolve) => http.close(resolve));
}

class Reader {
  readonly messages: Record<string, unknown>[] = [];
  /** The form of each of them. */
  readonly forms: ("text" | "binary")[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  #waiting: (() => void)[] = [];

  constructor(protocols: string[] = ["neverstale.v1"], path = "/sync", headers: Record<string, string> = {}) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { headers });
    sockets.push(this.socket);
    this.socket.on("error", () => {});
    this.closed = new Promise((resolve) => this.socket.on("close", resolve));
    this.socket.on("message", (data: Buffer, isBinary: boolean) => {
      this.forms.push(isBinary ? "binary" : "text");
      this.messages.push(JSON.parse((isBinary ? gunzipSync(data) : data).toString()) as Record<string, unknown>);
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  async until(matches: (message: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.messages.find(matches);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

const typed = (type: string) => (message: Record<string, unknown>) => message.type === type;

afterEach(stop);

describe("who follows", () => {
  test("is told when a connection begins to follow and when it is gone, by the same object", async () => {
    const here = new Set<PresentFollower>();
    const gone: PresentFollower[] = [];
    await start({
      authorize: (request) => ({ space: "main", subject: request.headers["x-user"] }),
      onJoin: (follower) => here.add(follower),
      onLeave: (follower) => {
        if (here.delete(follower)) gone.push(follower);
      },
    });
    const ann = new Reader(undefined, "/sync", { "x-user": "ann" });
    const bob = new Reader(undefined, "/sync", { "x-user": "bob" });
    await Promise.all([ann.until(typed("init")), bob.until(typed("init"))]);
    expect([...here].map(({ subject }) => subject).sort()).toEqual(["ann", "bob"]);

    ann.socket.terminate();

    await expect
      .poll(() => gone)
      .toEqual([{ subject: "ann", space: "main", address: expect.stringContaining("127.0.0.1") }]);
    await sync.close();
    expect(here.size).toBe(0);
  });

  test("nobody is told of one who may not follow", async () => {
    const told: unknown[] = [];
    const refusal = { refuse: 403, code: "forbidden", message: "not here" };
    await start({ authorize: () => refusal, onJoin: (one) => told.push(one), onLeave: (one) => told.push(one) });

    await new Reader().closed;

    expect(told).toEqual([]);
  });

  test("an owner whose functions throw harms no connection, and is told", async () => {
    const errors: unknown[] = [];
    const fail = () => {
      throw new Error("the owner's list is broken");
    };
    await start({ onJoin: fail, onLeave: fail, onError: (error) => errors.push(error) });
    const reader = new Reader();
    await reader.until(typed("init"));

    reader.socket.close();
    await reader.closed;

    await expect.poll(() => errors).toHaveLength(2);
  });
});

describe("both profiles", () => {
  beforeEach(() => start({ beaconMs: 100 }));

  test("[M4] a large state comes as one gzip, a small delta as text, and both profiles see the same", async () => {
    for (let i = 0; i < 50; i += 1)
      await manager.apply({ type: "host_added", target: `web-${i}`, data: { hostname: `web-${i}` } });
    const v1 = new Reader();
    const plain = new Reader([]);
    const [init, plainInit] = await Promise.all([v1.until(typed("init")), plain.until(typed("init"))]);
    await manager.apply({ type: "host_updated", target: "web-1", data: { cpu: 5 } });
    const delta = await v1.until(typed("delta"));
    const plainDelta = await plain.until(typed("delta"));
    const beacon = await plain.until(typed("sync"));

    const formOf = (reader: Reader, message: Record<string, unknown>) => reader.forms[reader.messages.indexOf(message)];
    expect([formOf(v1, init), formOf(v1, delta)]).toEqual(["binary", "text"]);
    expect(new Set(plain.forms)).toEqual(new Set(["text"]));
    expect(plainInit).toEqual({ type: "init", version: 50, payload: init.payload });
    expect(delta).toEqual({
      type: "delta",
      from: 50,
      version: 51,
      payload: { hosts: { set: { "web-1": { cpu: 5 } } } },
    });
    expect(plainDelta).toEqual({
      type: "delta",
      version: 51,
      payload: { type: "host_updated", target: "web-1", data: { cpu: 5 } },
    });
    expect(beacon).toEqual({ type: "sync", version: beacon.version });
  });

  test("[T5] a drain sends readers away with 1012 one after the other, lets nobody in meanwhile, and ends when all are gone", async () => {
    const readers = Array.from({ length: 5 }, () => new Reader());
    await Promise.all(readers.map((reader) => reader.until(typed("sync"))));
    const drained = sync.drain();
    const late = await new Promise<number | undefined>((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/sync`, ["neverstale.v1"]);
      socket.on("error", () => {});
      socket.on("unexpected-response", (_, response) => resolve(response.statusCode));
    });

    await drained;

    expect(await Promise.all(readers.map(({ closed }) => closed))).toEqual([1012, 1012, 1012, 1012, 1012]);
    expect(late).toBe(503);
    expect(sync.metrics.connections).toBe(0);
    expect(readers.flatMap(({ messages }) => messages).filter(typed("error"))).toEqual([]);
  });

  test("the answer to the upgrade and the first messages are one write", async () => {
    await new Reader().until(typed("sync"));
    const writes: number[] = [];
    http.once("connection", (socket: Socket) => noteWrites(socket, writes));
    const reader = new Reader();
    await reader.until(typed("sync"));

    expect(reader.messages.map(({ type }) => type)).toEqual(["init", "sync"]);
    // The head of the answer, then a frame for each message.
    expect(writes).toEqual([3]);
  });

  test("a position in the address resumes; half a position starts with the full state", async () => {
    await manager.apply({ type: "host_added", target: "web-1", data: {} });
    const space = manager.space("main")?.creationId ?? "";
    const resumed = new Reader(["neverstale.v1"], `/sync?epoch=${manager.epoch}&space=${space}&version=1`);
    const half = new Reader(["neverstale.v1"], `/sync?epoch=${manager.epoch}&version=1`);

    expect(await resumed.until(() => true)).toMatchObject({ type: "sync", version: 1, epoch: manager.epoch });
    expect(await half.until(() => true)).toMatchObject({ type: "init" });
  });

  test("[E7] with steps=1 in the address a takeover is one more sync; without it, 1012; the plain profile goes on", async () => {
    const asks = new Reader(["neverstale.v1"], "/sync?steps=1");
    const asksNot = new Reader(["neverstale.v1"], "/sync?steps=0");
    const plain = new Reader([]);
    await Promise.all([asks, asksNot, plain].map((reader) => reader.until(typed("init"))));

    await manager.takeOver();
    await manager.apply({ type: "host_added", target: "web-1", data: {} });

    const step = await asks.until(({ type, epoch }) => type === "sync" && epoch === manager.epoch);
    expect(step).toMatchObject({ version: 0, space: manager.space("main")?.creationId });
    expect(await asks.until(typed("delta"))).toMatchObject({ from: 0, version: 1 });
    expect(await asksNot.closed).toBe(1012);
    expect(await plain.until(typed("delta"))).toMatchObject({ version: 1 });
    expect(sync.metrics).toMatchObject({ steps: 1, withoutSteps: 1 });
  });

  test.each(["", "1e0", "0x1", "+1", " 1", "1.0", "9007199254740993", "00000000000000001"])(
    "[E2] the version %j in the address is none, and starts with the full state",
    async (version) => {
      await manager.apply({ type: "host_added", target: "web-1", data: {} });
      const space = manager.space("main")?.creationId ?? "";
      const query = `epoch=${manager.epoch}&space=${space}&version=${encodeURIComponent(version)}`;

      const reader = new Reader(["neverstale.v1"], `/sync?${query}`);

      expect(await reader.until(() => true)).toMatchObject({ type: "init" });
      expect(sync.metrics.fullStates).toEqual({ first: 1 });
    },
  );

  test("a subprotocol of another product is refused before the upgrade", async () => {
    const { status, body } = await upgrade({ "Sec-WebSocket-Protocol": "other.v7" });
    expect([status, body.code]).toEqual([400, "bad_message"]);
  });

  test("[A11] revoking closes the socket at once, with nothing more sent on it", async () => {
    const reader = new Reader();
    await reader.until(typed("init"));
    sync.revoke(() => 4401);
    await manager.apply({ type: "host_added", target: "late", data: {} });

    expect(await reader.closed).toBe(4401);
    expect(reader.messages.some(({ type }) => type === "delta")).toBe(false);
  });

  test("a graceful end closes with 1012 and refuses newcomers with 503", async () => {
    const reader = new Reader();
    await reader.until(typed("init"));
    const closing = sync.close();

    expect(await reader.closed).toBe(1012);
    await closing;
  });
});

describe("garbage", () => {
  beforeEach(() => start());

  const texts = [
    "",
    "{",
    "null",
    "[]",
    '"x"',
    '{"type":"nope"}',
    '{"type":"ack","n":"1"}',
    '{"type":"ack","n":1e99}',
    '{"type":"get_state"}',
  ];

  test.each(texts)("the text %s gets an error message and 4400, and the next connection is served", async (text) => {
    const reader = new Reader();
    await reader.until(typed("init"));
    reader.socket.send(text);

    expect(await reader.closed).toBe(4400);
    expect(reader.messages.at(-1)).toMatchObject({ type: "error", code: "bad_message" });
    await new Reader().until(typed("init"));
  });

  test("[C10] a binary frame where text is expected gets 4400", async () => {
    const reader = new Reader();
    await reader.until(typed("init"));
    reader.socket.send(Buffer.from([1, 2, 3]));
    expect(await reader.closed).toBe(4400);
  });

  test("[B8] [C5] a frame above the limit gets 1009", async () => {
    const reader = new Reader();
    await reader.until(typed("init"));
    reader.socket.send("x".repeat(70_000));
    expect(await reader.closed).toBe(1009);
  });

  test.each([
    ["v1", ["neverstale.v1"]],
    ["plain", []],
  ])("[A10] a frame of 20 MiB gets 1009 too, and no reset that could come before it (%s)", async (_, protocols) => {
    const reader = new Reader(protocols);
    await reader.until(typed("init"));
    const resets: Error[] = [];
    rawOf(reader).on("error", (error) => resets.push(error));
    reader.socket.send("x".repeat(20 * 1024 * 1024));

    expect(await reader.closed).toBe(1009);
    expect(resets).toEqual([]);
    await until(() => sync.connectionCount === 0);
    expect(sync.metrics).toMatchObject({ oversizedFrames: 1, brokenFrames: 0, connections: 0 });
  });

  test("[A10] [B8] who goes on sending after 1009, and never closes, is cut off", async () => {
    const raw = await bareSocket();
    raw.write(Buffer.from([0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]));
    const sending = setInterval(() => raw.write(Buffer.alloc(1024)), 10);

    await until(() => sync.metrics.oversizedFrames === 1);
    expect(sync.connectionCount).toBe(1);
    await until(() => sync.connectionCount === 0);

    clearInterval(sending);
    raw.destroy();
  });

  test("keys of Object.prototype pollute nothing", async () => {
    const reader = new Reader();
    await reader.until(typed("init"));
    reader.socket.send(
      '{"type":"check","n":1,"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
    );
    await reader.closed;
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  /** One letter of a message that is not over, masked with zeros. */
  const fragment = (opcode: number) => Buffer.from([opcode, 0x81, 0, 0, 0, 0, 0x41]);
  const frames: [string, Buffer, number][] = [
    ["reserved bits", Buffer.from([0xf1, 0x80, 0, 0, 0, 0]), 1002],
    ["an unmasked frame", Buffer.from([0x81, 0x01, 0x41]), 1002],
    ["text that is no UTF-8", Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28]), 1007],
    ["a length of 2^62", Buffer.from([0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), 1009],
    ["a message in a hundred pieces", Buffer.concat([fragment(0x01), ...Array(100).fill(fragment(0x00))]), 1008],
    ["an unknown opcode", Buffer.from([0x83, 0x80, 0, 0, 0, 0]), 1002],
  ];

  test.each(frames)("[C6] [B9] %s ends that connection alone", async (_, bytes, code) => {
    const other = new Reader();
    await other.until(typed("init"));
    const reader = new Reader();
    await reader.until(typed("init"));
    const raw = rawOf(reader);
    const answer = closeCodeFrom(raw);
    raw.write(bytes);

    expect(await answer).toBe(code);
    expect(sync.metrics.oversizedFrames + sync.metrics.brokenFrames).toBe(1);
    await manager.apply({ type: "host_added", target: "web-1", data: {} });
    await other.until(typed("delta"));
  });

  test("bare TCP, an empty request line and a reset in the middle of the handshake end only themselves", async () => {
    for (const bytes of [
      "\r\n\r\n",
      "GARBAGE\r\n\r\n",
      "GET /sync HTTP/1.1\r\nUpgrade: websocket\r\n",
      "\x16\x03\x01\x02\x00\x01",
    ]) {
      const socket = connectTcp(port, "127.0.0.1");
      socket.on("error", () => {});
      await new Promise((resolve) => socket.once("connect", resolve));
      socket.write(bytes);
      await new Promise((resolve) => setTimeout(resolve, 20));
      socket.resetAndDestroy();
    }
    await new Reader().until(typed("init"));
  });

  test("an upgrade that is no WebSocket handshake is refused in words of http", async () => {
    const { status } = await upgrade({ "Sec-WebSocket-Version": "7" });
    expect(status).toBe(400);
  });
});

describe("limits and rights", () => {
  test("[C7] connections in all and from one address are bounded, and told so", async () => {
    await start(
      { addressOf: (request) => String(request.headers["x-test-address"]) },
      { connections: 3, connectionsPerAddress: 2 },
    );
    const from = (address: string) => new Reader(["neverstale.v1"], "/sync", { "x-test-address": address });
    const a = from("1");
    await Promise.all([a.until(typed("init")), from("1").until(typed("init"))]);
    const sameAddress = await upgrade({ "x-test-address": "1" });
    await from("2").until(typed("init"));
    const other = await upgrade({ "x-test-address": "3" });

    expect([sameAddress.status, sameAddress.body.code]).toEqual([429, "too_many_requests"]);
    expect(other.status).toBe(503);
    expect([sameAddress.retryAfter, other.retryAfter]).toEqual(["5", "5"]);
    expect(sync.metrics).toMatchObject({ tooManyFromAddress: 1, tooManyConnections: 1 });
    a.socket.close();
    await a.closed;
    await from("1").until(typed("init"));
  });

  test("[C1] who may not follow is refused before the 101, with the reason", async () => {
    await start({ authorize: () => ({ refuse: 401, code: "not_signed_in", message: "sign in first" }) });
    const { status, body } = await upgrade({});
    expect([status, body.code, body.detail]).toEqual([401, "not_signed_in", "sign in first"]);
  });

  test("[C7] those who are refused wait for nobody, however many they are: they would take the room of others", async () => {
    const judged = Promise.withResolvers<Refusal>();
    let asked = 0;
    const authorize = () => {
      asked += 1;
      return judged.promise;
    };
    await start({ authorize }, { connectionsPerAddress: 200 });
    const ends: Socket[] = [];
    http.on("connection", (socket: Socket) => ends.push(socket));
    const askers = Array.from({ length: 200 }, () => connectTcp(port, "127.0.0.1"));
    for (const socket of askers) socket.write(UPGRADE);
    await until(() => asked === 200);

    judged.resolve({ refuse: 403, code: "forbidden", message: "not you" });
    await new Promise((resolve) => setImmediate(resolve));

    expect(ends.filter((socket) => socket.writableEnded)).toHaveLength(200);
    for (const socket of askers) socket.destroy();
  });

  test("[A11] a right that is taken away while it is being looked up is gone", async () => {
    let grant = () => {};
    const looking = new Promise<void>((resolve) => {
      grant = resolve;
    });
    let asked = () => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    await start({
      authorize: async () => {
        asked();
        await looking;
        return { space: "main", subject: "ann" };
      },
    });
    const answer = upgrade({});
    await isAsked;
    sync.revoke((subject) => (subject === "ann" ? 4401 : null));
    grant();

    expect((await answer).status).toBe(401);
  });

  test("[C1] a judgement that says nothing, or fails, lets nobody in", async () => {
    const said: (() => unknown)[] = [() => undefined, () => null, () => Promise.reject(new Error("no database"))];
    const errors: unknown[] = [];
    await start({ authorize: () => said.shift()?.() as Grant, onError: (error) => errors.push(error) });

    const answers = [await upgrade({}), await upgrade({}), await upgrade({})];
    expect(answers.map(({ status }) => status)).toEqual([500, 500, 500]);
    const noVerdict = new TypeError("what `allowedOrigins` or `authorize` gave is neither a grant nor a refusal");
    expect(errors).toEqual([noVerdict, noVerdict, new Error("no database")]);
  });

  test("[C7] who is judged while others come is counted with them, and refused once the end has begun", async () => {
    const judged: (() => void)[] = [];
    const authorize = () =>
      new Promise<Grant>((resolve) => judged.push(() => resolve({ space: "main", subject: null })));
    await start({ authorize }, { connections: 2, connectionsPerAddress: 1 });
    const first = new Reader();
    const second = upgrade({});
    await until(() => judged.length >= 2);
    expect((await upgrade({})).status).toBe(503);
    for (const grant of judged.splice(0)) grant();
    await first.until(typed("init"));
    expect((await second).status).toBe(429);

    first.socket.close();
    await first.closed;
    const late = upgrade({});
    await until(() => judged.length >= 1);
    const closing = sync.close();
    for (const grant of judged.splice(0)) grant();
    expect(await late).toMatchObject({ status: 503, retryAfter: "1", body: { code: "shutting_down" } });
    await closing;
  });

  test("[M7] a space that isn't there closes with 4404, and v1 is told why", async () => {
    await start({ authorize: (_, { url }) => ({ space: url.searchParams.get("of") ?? "main", subject: null }) });
    const v1 = new Reader(["neverstale.v1"], "/sync?of=nowhere");
    const plain = new Reader([], "/sync?of=nowhere");

    expect([await v1.closed, await plain.closed]).toEqual([4404, 4404]);
    expect(v1.messages).toMatchObject([{ type: "error", code: "unknown_space" }]);
    expect(plain.messages).toEqual([]);
  });

  test("an upgrade on another path is left to others", async () => {
    await start();
    http.on("upgrade", (incoming, socket) => {
      if (incoming.url === "/elsewhere") socket.end("HTTP/1.1 418 I'm a teapot\r\nConnection: close\r\n\r\n");
    });
    expect((await upgrade({}, "/elsewhere")).status).toBe(418);
  });

  test("[A10] an upgrade that nobody serves is answered, not left open", async () => {
    await start();
    expect((await upgrade({}, "/elsewhere")).status).toBe(404);
    expect((await upgrade({}, "//")).status).toBe(404);
  });

  test("[C3] the CSRF token a browser gives as second subprotocol reaches whoever judges", async () => {
    const seen: unknown[] = [];
    await start({
      authorize: (_, { csrf, plain }) => {
        seen.push(csrf, plain);
        return { space: "main", subject: null };
      },
    });
    const reader = new Reader(["neverstale.v1", "csrf.abc"]);
    await reader.until(typed("init"));
    expect(reader.socket.protocol).toBe("neverstale.v1");
    expect(seen).toEqual(["abc", false]);
  });
});

interface Refused {
  readonly status: number;
  /** The header; undefined when it did not come. */
  readonly retryAfter: string | undefined;
  readonly body: Record<string, unknown>;
}

/** A handshake by hand, for its http answer. */
function upgrade(headers: Record<string, string>, path = "/sync"): Promise<Refused> {
  return new Promise((resolve, reject) => {
    const handshake = {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    };
    const sent = request({ port, host: "127.0.0.1", path, headers: { ...handshake, ...headers } });
    sent.on("error", reject);
    sent.on("upgrade", (_, socket) => {
      socket.destroy();
      reject(new Error("the upgrade was accepted"));
    });
    sent.on("response", async (response) => {
      const text = (await response.toArray()).join("");
      resolve({
        status: response.statusCode ?? 0,
        retryAfter: response.headers["retry-after"],
        body: text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {},
      });
    });
    sent.end();
  });
}

const rawOf = ({ socket }: Reader) => (socket as unknown as { _socket: Socket })._socket;

/** RFC 6455, section 4.1; of the plain profile. */
const UPGRADE = [
  "GET /sync HTTP/1.1",
  "Host: localhost",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "\r\n",
].join("\r\n");

/** Of how many pieces each write to the socket is made, as a stream hands it down. */
function noteWrites(socket: Socket, pieces: number[]): void {
  const { _write, _writev } = socket;
  socket._write = function (...write) {
    pieces.push(1);
    return _write.apply(this, write);
  };
  socket._writev = function (...write) {
    pieces.push(write[0].length);
    return _writev?.apply(this, write);
  };
}

/** A connection that is open, without anyone who keeps the rules of RFC 6455 at this end. */
async function bareSocket(): Promise<Socket> {
  const socket = connectTcp({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {});
  socket.write(UPGRADE);
  await new Promise((resolve) => socket.once("data", resolve));
  return socket;
}

/** The code of the close frame that the server sends (RFC 6455, section 5.5.1). */
function closeCodeFrom(raw: Socket): Promise<number> {
  return new Promise((resolve) => {
    raw.on("data", (bytes) => {
      if (bytes[0] === 0x88) resolve(bytes.readUInt16BE(2));
    });
  });
}
