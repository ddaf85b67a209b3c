import { beforeEach, expect, test } from "vitest";
import { FakeHttpEnvironment } from "../environment/fake-http-suite.ts";
import { full } from "../machine/machine-rig-suite.ts";
import { Replica } from "../replica.ts";
import type { MakeFallback } from "./fallback.ts";

/** One asking for the fallback's code. */
interface Loading {
  come(): void;
  fail(): void;
}

let io: FakeHttpEnvironment;
let sync: Replica;
let loadings: Loading[];

beforeEach(() => {
  io = new FakeHttpEnvironment();
  loadings = [];
  const { fallback } = io;
  delete io.fallback;
  const loadFallback = () =>
    new Promise<MakeFallback>((resolve, reject) => {
      if (fallback !== undefined)
        loadings.push({ come: () => resolve(fallback), fail: () => reject(new Error("there is no network")) });
    });
  sync = new Replica({ url: "/sync", io: Object.assign(io, { loadFallback }) });
});

const loading = (): Loading => {
  const newest = loadings.at(-1);
  if (newest === undefined) throw new Error("nothing was loaded");
  return newest;
};

test("[H9] it is not loaded before the first message, and then once", async () => {
  io.socket.open();
  expect(loadings).toHaveLength(0);

  io.socket.push(full(5));
  loading().come();
  io.socket.close(1006);
  await io.pass(1_000);
  io.socket.open().push(full(6));

  expect([loadings.length, sync.version, sync.view.way]).toEqual([1, 6, "websocket"]);
});

test("[H9] [P2] where WebSocket fails from the start, the second attempt goes on over HTTP", async () => {
  io.socket.close(1006);
  loading().come();
  await io.pass(1_000);
  io.socket.close(1006);
  await io.pass(0);
  io.exchange.state(full(5));

  expect([io.sockets.length, loadings.length, sync.version, sync.view.way]).toEqual([2, 1, 5, "stream"]);
});

test("[H9] what has come with the first message is there when WebSocket fails later, whatever can be loaded then", async () => {
  io.socket.open().push(full(5));
  loading().come();
  await io.pass(0);
  io.signal("online"); // It is another network.
  for (let n = 0; n < 2; n += 1) {
    io.socket.close(1006);
    await io.pass(1_000);
  }
  io.socket.close(1006);
  await io.pass(0);

  expect([io.exchanges.length, loadings.length]).toEqual([1, 1]);
});

test("[H9] [R6] what can't be loaded is a connection that failed, and is tried again with the next one that fails", async () => {
  io.socket.close(1006);
  loading().fail();
  await io.pass(1_000);
  expect([io.sockets.length, sync.status.type]).toEqual([2, "connecting"]);

  io.socket.close(1006);
  expect(loadings).toHaveLength(2);
  loading().come();
  await io.pass(1_000);
  io.exchange.state(full(5));

  expect([io.sockets.length, sync.version]).toEqual([2, 5]);
});

test("[R6] an answer that never comes holds up no attempt for longer than two seconds", async () => {
  io.socket.close(1006);

  await io.pass(1_999);
  expect(io.sockets).toHaveLength(1);
  await io.pass(1_001);

  expect(io.sockets).toHaveLength(2);
});

test("[H9] a socket that was given up without a message counts as failed", async () => {
  await io.pass(10_000); // The machine gives it up.

  expect([loadings.length, io.socket.closedWith]).toEqual([1, 1000]);
});

test("[M7] a word of the authority is no failure of the way", async () => {
  io.socket.close(4403);

  expect([loadings.length, sync.status]).toEqual([0, { type: "stale", since: null, why: "forbidden" }]);
});

test("[R8] a replica that was stopped hears nothing of what is loaded", async () => {
  io.socket.close(1006);
  sync.stop();
  loading().come();
  await io.pass(60_000);

  expect([io.sockets.length, io.exchanges.length, io.timers]).toEqual([1, 0, 0]);
});
