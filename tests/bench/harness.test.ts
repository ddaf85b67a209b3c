/** The parts of the bench that a wrong number could hide in. */

import { createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import type { Dialect, FrameReading } from "../../bench/harness/contender.ts";
import { digestOfRecords } from "../../bench/harness/digest.ts";
import { FrameTree, framesUpTo } from "../../bench/harness/load/frame-tree.ts";
import { LoadClient } from "../../bench/harness/load/load-client.ts";
import { parseOptions } from "../../bench/harness/options.ts";
import {
  changeSource,
  initialNestedRecords,
  initialRecords,
  nestedChangeSource,
  RECORD_BYTES,
} from "../../bench/harness/records.ts";
import { latencyOf } from "../../bench/harness/results/percentiles.ts";
import { median } from "../../bench/harness/results/run.ts";

/** Frames are numbers in a line of text; one that starts with "own" is for one client alone. */
function lineDialect(read: (text: string) => void = () => undefined): Dialect {
  return {
    upgrade: () => ({ path: "/" }),
    opened: () => undefined,
    isOwn: (start) => start.toString().startsWith("own"),
    own: (connection, payload) => {
      connection.session = payload.toString();
    },
    read: (payload): FrameReading => {
      const text = payload.toString();
      read(text);
      return { seq: Number.parseInt(text, 10), changes: 1, restarts: text.includes("restart") };
    },
    replay: () => {
      throw new Error("not asked for");
    },
  };
}

const QUIET = { advanced: () => undefined, lost: () => undefined };

function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const head =
    payload.length < 126
      ? Buffer.from([0x81, payload.length])
      : Buffer.from([0x81, 126, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([head, payload]);
}

/** Runs clients against a server that answers the upgrade and then sends these chunks to each, one write each. */
async function received(
  chunks: readonly (readonly Buffer[])[],
  read: (text: string) => void = () => undefined,
): Promise<LoadClient[]> {
  const dialect = lineDialect(read);
  const tree = new FrameTree(dialect);
  const clients = chunks.map((_, index) => new LoadClient(index, dialect, tree, QUIET));
  const wanted = chunks.map((list) => Buffer.concat([...list]).length);
  const server = createServer((socket) => void serve(socket, chunks));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  for (const [index, client] of clients.entries()) {
    await client.connect(port);
    const bytes = (wanted[index] as number) + UPGRADED.length;
    while (client.receivedBytes < bytes) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  for (const client of clients) client.cut();
  server.close();
  return clients;
}

const UPGRADED = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
let served = 0;

async function serve(socket: Socket, chunks: readonly (readonly Buffer[])[]): Promise<void> {
  socket.setNoDelay(true).on("error", () => socket.destroy());
  const mine = chunks[served++ % chunks.length] as readonly Buffer[];
  await new Promise((resolve) => socket.once("data", resolve));
  socket.write(UPGRADED);
  for (const chunk of mine) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    socket.write(chunk);
  }
}

function bytewise(frames: Buffer): Buffer[] {
  return [...frames].map((byte) => Buffer.from([byte]));
}

const textsOf = (client: LoadClient | undefined): string[] =>
  framesUpTo((client as LoadClient).node).map((frame) => frame.payload.toString());

test("frames come out whole however the bytes are cut, and each distinct one is read once", async () => {
  const stream = Buffer.concat([
    textFrame("1"),
    textFrame("own ping"),
    textFrame(`2 ${"long ".repeat(40)}`),
    textFrame("3"),
  ]);
  const read: string[] = [];

  const [whole, cut] = await received([[stream], bytewise(stream)], (text) => read.push(text));

  expect(textsOf(whole)).toEqual(["1", `2 ${"long ".repeat(40)}`, "3"]);
  expect(textsOf(cut)).toEqual(textsOf(whole));
  expect(cut?.node).toBe(whole?.node);
  expect(cut?.session).toBe("own ping");
  expect(cut?.frames).toBe(4);
  expect(read).toHaveLength(3);
});

test("a client whose bytes differ in one place has a branch of its own, with its own bytes", async () => {
  const mine = textFrame(`7 ${"same ".repeat(30)}end`);
  const theirs = textFrame(`7 ${"same ".repeat(30)}eNd`);

  const [first, second] = await received([[mine], [theirs.subarray(0, 60), theirs.subarray(60)]]);

  expect(second?.node).not.toBe(first?.node);
  expect(textsOf(second)).toEqual([`7 ${"same ".repeat(30)}eNd`]);
  expect(textsOf(first)).toEqual([`7 ${"same ".repeat(30)}end`]);
});

test("what came before a full state is not replayed", async () => {
  const [client] = await received([[textFrame("1"), textFrame("5 restart"), textFrame("6")]]);

  expect(textsOf(client)).toEqual(["5 restart", "6"]);
  expect(client?.seq).toBe(6);
});

test("a latency is counted for each change that an arrival brought, those before the first one left out", () => {
  const askedAt = [100, 110, 120];
  const arrivals = [8, 10, 112, 10, 12, 125, 8, 12, 130];

  const { p50Ms, maxMs } = latencyOf(askedAt, 10, arrivals);

  // First client: change 10 after 12 ms; 11 and 12 after 15 and 5. Second client: 30, 20 and 10.
  expect(p50Ms).toBe(12);
  expect(maxMs).toBe(30);
});

test("records are as large as said, and changes are the same for every contender", () => {
  const sizes = initialRecords(1_000).map((record) => JSON.stringify(record).length);
  const [one, other] = [changeSource(1_000), changeSource(1_000)];

  expect(new Set(sizes)).toEqual(new Set([RECORD_BYTES]));
  expect(Array.from({ length: 100 }, one)).toEqual(Array.from({ length: 100 }, other));
});

test("a digest goes by content: not by order, but by every field, a missing one and one too many", () => {
  const [first, second] = initialRecords(2);
  if (first === undefined || second === undefined) throw new Error("two records were asked for");
  const digest = digestOfRecords([first, second]);

  expect(digestOfRecords([second, first])).toBe(digest);
  expect(digestOfRecords([{ ...first, cpu: first.cpu + 0.1 }, second])).not.toBe(digest);
  expect(digestOfRecords([{ ...first, cpu: String(first.cpu) as unknown as number }, second])).not.toBe(digest);
  expect(digestOfRecords([Object.assign({ extra: 1 }, first), second])).not.toBe(digest);
  expect(digestOfRecords([first])).not.toBe(digest);
});

test("nested records are as large, their changes are the same for every contender, and their digest sees each number", () => {
  const records = initialNestedRecords(1_000);
  const [one, other] = [nestedChangeSource(1_000), nestedChangeSource(1_000)];
  const [first] = records;
  if (first === undefined) throw new Error("records were asked for");
  const digest = digestOfRecords([first]);
  const digestWith = (metrics: object) => digestOfRecords([{ ...first, metrics: { ...first.metrics, ...metrics } }]);

  expect(new Set(records.map((record) => JSON.stringify(record).length))).toEqual(new Set([RECORD_BYTES]));
  expect(Array.from({ length: 100 }, one)).toEqual(Array.from({ length: 100 }, other));
  expect(digestWith({})).toBe(digest);
  expect(digestWith({ load: first.metrics.load + 0.1 })).not.toBe(digest);
  expect(digestWith({ seq: undefined })).not.toBe(digest);
  expect(digestWith({ extra: 1 })).not.toBe(digest);
  expect(digestOfRecords(initialRecords(1))).not.toBe(digest);
});

test("a median leaves out what was not measured", () => {
  expect(median([5, Number.NaN, 1, 3])).toBe(3);
  expect(median([1, 2])).toBe(1.5);
  expect(median([Number.NaN])).toBeNaN();
});

test("options", () => {
  expect(parseOptions([])).toEqual({
    only: [],
    runs: 5,
    quick: false,
    cases: [],
    contenders: [],
    peers: "all",
    save: false,
  });
  expect(parseOptions(["--quick", "--only", "fanout,latency"])).toMatchObject({ only: ["fanout", "latency"], runs: 1 });
  expect(parseOptions(["--peers", "--runs", "2"])).toMatchObject({ peers: "all", runs: 2 });
  expect(parseOptions(["--peers", "tldraw"]).peers).toEqual(["tldraw"]);
  expect(parseOptions(["--no-peers"]).peers).toEqual([]);
  expect(() => parseOptions(["--runs", "no"])).toThrow("--runs");
});
