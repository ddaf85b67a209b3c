import type { ServerMessage, SyncMessage } from "@neverstale/protocol";
import { beforeEach, describe, expect, test } from "vitest";
import { FakeHttpEnvironment, OWN } from "../../environment/fake-http-suite.ts";
import { delta, full, hostPut } from "../../machine/machine-rig-suite.ts";
import { Replica } from "../../replica.ts";

let io: FakeHttpEnvironment;
let sync: Replica;

beforeEach(() => {
  io = new FakeHttpEnvironment();
  sync = new Replica({ url: "/sync", io });
});

/** Two WebSockets in a row fail, as where a proxy refuses them. */
async function webSocketFails(): Promise<void> {
  io.socket.close(1006);
  await io.pass(1_000);
  io.socket.close(1006);
  await io.pass(0);
}

/** The sync with facts that each answer begins with. */
function facts(version: number, head: number, epoch = "e1"): SyncMessage {
  const resumed = { epoch, space: "c1", model: 1, beaconMs: 30_000, lineage: [[epoch, head] as const] };
  return { type: "sync", version, head, resumed };
}

const level = (version: number): SyncMessage => ({ type: "sync", version, head: version, digest: sync.digest() });

/** Level at version 5, over polls: streams were held back. */
async function polling(): Promise<void> {
  await webSocketFails();
  io.exchange.state(full(5));
  await io.pass(5_000);
  io.exchange.messages([facts(5, 5), level(5)]);
}

/** Level at version 5, over a stream. */
async function streaming(headers: Readonly<Record<string, string>> = {}): Promise<void> {
  await webSocketFails();
  io.exchange.state(full(5));
  io.exchange.stream(headers).event(0, facts(5, 5), level(5));
}

/** Beacons come in the stream meanwhile. */
async function staysLive(ms: number): Promise<void> {
  let at = 0;
  for (; at + 30_000 < ms; at += 30_000) {
    await io.pass(30_000);
    io.exchange.event(at, level(5));
  }
  await io.pass(ms - at);
  io.exchange.event(ms, level(5));
}

const lastPaths = (count: number) => io.exchanges.slice(-count).map(({ path, search }) => path + search);

describe("the way", () => {
  test("[H9] after two opens in a row without a message the replica follows over HTTP, by a stream", async () => {
    await streaming();

    expect(io.sockets).toHaveLength(2);
    expect(lastPaths(9)).toEqual(["/sync/snapshot", "/sync/live/c1/e1/5"]);
    expect([sync.status.type, sync.view.way, sync.version]).toEqual(["live", "stream", 5]);
  });

  test("[H9] [P2] the second attempt goes on over HTTP, so that a network without WebSocket costs one backoff", async () => {
    io.socket.close(1006);
    await io.pass(1_000);
    io.socket.open().close(1006);
    await io.pass(0);

    expect(lastPaths(1)).toEqual(["/sync/snapshot"]);
    io.exchange.state(full(5));
    io.exchange.stream().event(0, facts(5, 5), level(5));
    expect([sync.status.type, sync.view.way, sync.counters.reconnects]).toEqual(["live", "stream", 0]);
  });

  test("[H9] after two ways that brought nothing each attempt tries both, WebSocket first", async () => {
    await webSocketFails();
    io.exchange.fail();
    await io.pass(5_000);
    const [sockets, exchanges] = [io.sockets.length, io.exchanges.length];

    io.socket.close(1006);
    await io.pass(0);

    expect([io.sockets.length, io.exchanges.length]).toEqual([sockets, exchanges + 1]);
    io.exchange.state(full(5));
    expect(sync.version).toBe(5);
  });

  test("[H9] one open that fails between others that bring messages changes nothing", async () => {
    for (let n = 0; n < 3; n += 1) {
      io.socket.close(1006);
      await io.pass(1_000);
      io.socket.open().push(full(5 + n));
      io.socket.close(1006);
      await io.pass(1_000);
    }

    expect([io.exchanges, sync.view.way]).toEqual([[], "websocket"]);
  });

  test("[H9] a stream that brings no byte within 5 s is given up for polls, on this network", async () => {
    await webSocketFails();
    io.exchange.state(full(5));
    io.exchange.stream();

    await io.pass(4_999);
    expect(io.exchange.path).toBe("/sync/live/c1/e1/5");
    await io.pass(1);
    expect([io.exchanges.at(-2)?.isClosed, lastPaths(1), sync.view.way]).toEqual([
      true,
      ["/sync/t/c1/e1/5?wait=0"],
      "stream",
    ]);
    io.exchange.messages([facts(5, 5), level(5)]);

    expect([lastPaths(1), sync.status.type, sync.view.way]).toEqual([["/sync/t/c1/e1/5"], "live", "poll"]);
    await io.pass(1_000);
    io.signal("online");
    io.exchange.fail();
    expect(sync.view.way).toBe("websocket");
  });

  test("[H9] a stream that ends without a byte leads to polls, too", async () => {
    await webSocketFails();
    io.exchange.state(full(5));
    io.exchange.stream().end();
    await io.pass(1_000);

    expect([lastPaths(1), sync.view.way]).toEqual([["/sync/t/c1/e1/5?wait=0"], "poll"]);
  });

  test("[H9] WebSocket is tried again after 10 min, beside what works, and taken when it brings a message", async () => {
    await streaming();
    const opened = io.sockets.length;

    await staysLive(10 * 60_000 - 1_000);
    expect(io.sockets).toHaveLength(opened);
    await io.pass(1_000);
    expect(io.sockets).toHaveLength(opened + 1);
    io.socket.close(1006);
    expect(sync.view.way).toBe("stream");
    await staysLive(10 * 60_000);
    io.socket.open().push(facts(5, 5));

    expect([sync.view.way, io.socket.url.searchParams.get("version")]).toEqual(["websocket", "5"]);
    io.socket.open().push(facts(5, 5), level(5));
    expect([sync.status.type, sync.view.way]).toEqual(["live", "websocket"]);
  });

  test("[H9] it is tried again at once when the network is another one", async () => {
    await streaming();
    const opened = io.sockets.length;

    io.signal("online");

    expect(io.sockets).toHaveLength(opened + 1);
  });

  test("[H9] where WebSocket has passed on this network, it is tried again after half a minute", async () => {
    io.socket.open().push(full(5));
    io.socket.close(1006);
    await io.pass(1_000);
    await webSocketFails();
    io.exchange.stream().event(0, facts(5, 5), level(5));
    expect(sync.view.way).toBe("stream");
    const opened = io.sockets.length;

    await io.pass(30_000);

    expect(io.sockets).toHaveLength(opened + 1);
  });

  test("[H9] the end of a socket that was only tried leads to no further try", async () => {
    await streaming();
    io.signal("online");
    const tried = io.socket;
    tried.open().push(facts(5, 5));
    io.socket.open().push(facts(5, 5), level(5));
    const opened = io.sockets.length;

    tried.close(1005);
    for (let n = 0; n < 30; n += 1) {
      await io.pass(29_000);
      io.socket.push(level(5));
    }

    expect([io.sockets.length, sync.view.way, sync.status.type]).toEqual([opened, "websocket", "live"]);
  });

  test("[H9] the end of a socket that the replica has left long before leads to no request", async () => {
    for (let given = 0; given < 2; given += 1) {
      const { socket } = io;
      for (let n = 0; n < 120 && io.socket === socket && io.exchanges.length === 0; n += 1) await io.pass(1_000);
    }
    expect(io.sockets.map(({ closedWith }) => closedWith !== null)).toEqual([true, true]);
    io.exchange.state(full(5));
    io.exchange.stream().event(0, facts(5, 5), level(5));
    const asked = io.exchanges.length;

    for (const socket of io.sockets) socket.close(1006);
    await io.pass(0);

    expect([io.exchanges.length, sync.status.type, sync.view.way]).toEqual([asked, "live", "stream"]);
  });

  test("[H9] where nothing answers over HTTP either, WebSocket is tried again", async () => {
    await webSocketFails();
    const opened = io.sockets.length;

    io.exchange.fail();
    await io.pass(5_000);

    expect(io.sockets).toHaveLength(opened + 1);
  });

  test("[H9] what is no answer of an authority ends nothing, and is not asked again on this network", async () => {
    await webSocketFails();

    io.exchange.head(404, { "Content-Type": "text/html" }).text("<h1>Nothing here</h1>").end();
    await io.pass(10_000);
    for (let n = 0; n < 3; n += 1) {
      io.socket.close(1006);
      await io.pass(30_000);
    }

    expect([sync.status.type, io.exchanges.length]).toEqual(["connecting", 1]);
  });

  test("[M7] [H9] a refusal of the authority says the same as its close code", async () => {
    for (const [status, code, type] of [
      [401, "not_signed_in", "signed_out"],
      [403, "forbidden", "stale"],
      [404, "unknown_space", "stale"],
    ] as const) {
      io = new FakeHttpEnvironment();
      sync = new Replica({ url: "/sync", io });
      await webSocketFails();
      io.exchange.problem(status, code);
      expect(sync.status.type).toBe(type);
    }
  });

  test("[H9] a status that a proxy has written is no word of the authority", async () => {
    await polling();
    for (const status of [401, 403, 410, 426, 502]) {
      io.exchange.head(status, { "Content-Type": "text/html" }).text("{}").end();
      await io.pass(10_000);
      expect([status, sync.status.type, sync.version]).toEqual([status, "connecting", 5]);
    }
  });

  test("[A10] [H2] where there is no room, the replica says so and comes back as late as it is told", async () => {
    await polling();

    const head = { ...OWN, "Content-Type": "application/problem+json", "Retry-After": "20" };
    io.exchange
      .head(503, head)
      .text(JSON.stringify({ code: "too_many_requests", detail: "full", hint: "later" }))
      .end();

    expect(sync.view.error).toMatchObject({ code: "too_many_requests", message: "full" });
    expect(sync.status).toMatchObject({ type: "connecting", retryAt: io.wall + 20_000 });
  });

  test("[H2] an authority that is being stopped is sought again at once", async () => {
    await polling();

    io.exchange.problem(503, "shutting_down");
    await io.pass(0);

    expect(lastPaths(1)).toEqual(["/sync/t/c1/e1/5?wait=0"]);
  });
});

describe("following", () => {
  test("[H2] [H7] each poll asks from where the replica stands, and nothing is acked", async () => {
    await polling();

    const change = delta(5, 7, hostPut("web-1"));
    io.exchange.messages([facts(5, 7), change]);
    io.exchange.messages([facts(7, 7), level(7)]);
    await io.pass(1_000);

    expect(lastPaths(3)).toEqual(["/sync/t/c1/e1/5", "/sync/t/c1/e1/7", "/sync/t/c1/e1/7"]);
    expect([sync.version, sync.status.type]).toEqual([7, "live"]);
  });

  test("[H2] an answer without news that came early is not asked for again before a second has passed", async () => {
    await polling();
    io.exchange.messages([facts(5, 5), level(5)]);
    const asked = io.exchanges.length;

    await io.pass(999);
    expect(io.exchanges).toHaveLength(asked);
    await io.pass(1);
    expect(io.exchanges).toHaveLength(asked + 1);
  });

  test("[H2] all who were told within the same 5 s ask at one address, and never again where they have been answered", async () => {
    await polling();
    const told = (version: number, at: number) => ({ ...level(version), at }) as ServerMessage;

    io.exchange.messages([facts(5, 5), told(5, 1_900_000_000_000)]);
    await io.pass(1_000);
    io.exchange.messages([facts(5, 5), told(5, 1_900_000_004_999)]);
    await io.pass(1_000);
    io.exchange.messages([facts(5, 5), told(5, 1_900_000_029_999)]);
    await io.pass(1_000);
    const asked = lastPaths(3);
    io.exchange.messages([
      facts(5, 6),
      delta(5, 6, hostPut("a")),
      { type: "sync", version: 6, head: 6, at: 1_900_000_030_000 },
    ]);

    expect(asked).toEqual([
      "/sync/t/c1/e1/5?after=380000000",
      "/sync/t/c1/e1/5?after=380000000",
      "/sync/t/c1/e1/5?after=380000005",
    ]);
    expect([lastPaths(1), sync.version]).toEqual([["/sync/t/c1/e1/6?after=380000006"], 6]);
  });

  test("[H3] an old answer from a cache leads less far, and the next one goes on from there", async () => {
    await polling();

    io.exchange.messages([facts(5, 6), delta(5, 6, hostPut("a")), { type: "sync", version: 6, head: 6 }], {
      Age: "40",
    });

    expect([sync.version, lastPaths(1)]).toEqual([6, ["/sync/t/c1/e1/6"]]);
  });

  test("[H4] a stream goes on where it ended", async () => {
    await streaming();
    io.exchange.event(100, delta(5, 6, hostPut("a")));
    await io.pass(55_000);

    io.exchange.end();

    expect([lastPaths(1), sync.version]).toEqual([["/sync/live/c1/e1/6"], 6]);
  });

  test("[H5] after 410 the full state is fetched, at or above the version that is there", async () => {
    await polling();

    io.exchange.problem(410, "no_diff");
    expect(lastPaths(1)).toEqual(["/sync/snapshot?atLeast=5"]);
    io.exchange.state(full(9, { hosts: [{ id: "web-9" }] }));

    expect([sync.version, lastPaths(1)]).toEqual([9, ["/sync/t/c1/e1/9?wait=0"]]);
  });

  test("[H5] [E5] a full state below its own version is not taken, and is asked for again after a second", async () => {
    await polling();
    io.exchange.problem(410, "no_diff");
    await io.pass(2_000);

    io.exchange.state(full(4));
    await io.pass(0);
    const asked = io.exchanges.length;
    expect(sync.version).toBe(5);
    await io.pass(1_000);

    expect([io.exchanges.length, lastPaths(1)]).toEqual([asked + 1, ["/sync/snapshot?atLeast=5"]]);
    io.exchange.state(full(6));
    expect(sync.version).toBe(6);
  });

  test("[R4] [H2] a digest that differs leads to a full state, from which it goes on", async () => {
    await polling();

    io.exchange.messages([facts(5, 5), { type: "sync", version: 5, head: 5, digest: "f".repeat(16) }]);
    await io.pass(1_000);
    expect(lastPaths(1)).toEqual(["/sync/snapshot?atLeast=5"]);
    io.exchange.state(full(5));

    expect(lastPaths(1)).toEqual(["/sync/t/c1/e1/5?wait=0"]);
    expect(sync.counters.resyncs.digest).toBe(1);
  });

  test("[R5] [D2] a check is a request of its own, which takes the place of the one that waits", async () => {
    await polling();
    const waiting = io.exchange;
    const reached = sync.reached({ epoch: "e0", version: 3 });

    expect([waiting.isClosed, lastPaths(1)]).toEqual([true, ["/sync/t/c1/e1/5?check=1"]]);
    io.exchange.messages([facts(5, 5), level(5), { ...level(5), check: 1 }]);

    await expect(reached).rejects.toMatchObject({ code: "history_lost" });
    await io.pass(1_000);
    expect(lastPaths(1)).toEqual(["/sync/t/c1/e1/5"]);
  });

  test("[R5] [H4] over a stream a check begins another one", async () => {
    await streaming();

    io.signal("awake");

    expect(lastPaths(1)).toEqual(["/sync/live/c1/e1/5?check=1"]);
    io.exchange.stream().event(0, facts(5, 5), level(5), { ...level(5), check: 1 });
    await io.pass(5_000);
    expect([sync.view.checking, sync.status.type]).toEqual([false, "live"]);
  });

  test("[R5] a way that has died is left: an answer that never comes is waited for no longer than a check", async () => {
    await polling();

    io.signal("awake");
    await io.pass(1_000);

    expect(sync.counters.silentSockets).toBe(1);
  });

  test("[R8] nothing is taken from a request that was left", async () => {
    await polling();
    const left = io.exchange;
    io.signal("awake");
    left.isClosed = false;

    left.messages([facts(5, 6), delta(5, 6, hostPut("late"))]);

    expect(sync.version).toBe(5);
  });

  test("[M9] a large state is told of while it comes, and may take its time", async () => {
    await webSocketFails();
    const hosts = [{ id: "web-1", text: "x".repeat(200_000) }];
    const text = JSON.stringify(full(5, { hosts }));
    io.exchange.head(200, { ...OWN, "Content-Type": "application/json", "Neverstale-Size": `${text.length}` });

    io.exchange.text(text.slice(0, 100_000));
    expect(sync.view.loading).toEqual({ receivedBytes: 100_000, totalBytes: text.length });
    await io.pass(20_000);
    io.exchange.text(text.slice(100_000)).end();

    expect([sync.version, sync.view.loading]).toEqual([5, null]);
  });
});

describe("ages", () => {
  const confirmedAgo = () => Math.round(sync.confirmedAgeMs ?? Number.NaN);

  test("[H6] what comes from a cache is as old as the cache says, and up to two seconds older, as two may stand one behind the other", async () => {
    await polling();
    await io.pass(10_000);

    io.exchange.messages([facts(5, 5), level(5)], { Age: "3", "Cache-Control": "public, max-age=1" });

    expect(confirmedAgo()).toBe(5_000);
  });

  test.each([
    ["public, max-age=0, s-maxage=1", 2_000],
    ["public, max-age=1", 2_000],
    ["public, max-age=9, s-maxage=3", 4_000],
    ["public, max-age=0", 0],
    ["no-store", 0],
  ])("[H6] without Age an answer with %s may be so many ms old: %i", async (control, ms) => {
    await polling();
    await io.pass(10_000);

    io.exchange.messages([facts(5, 5), level(5)], { "Cache-Control": control });

    expect(confirmedAgo()).toBe(ms);
  });

  test("[H6] two caches that say that an answer is new may each be a second behind", async () => {
    await polling();
    await io.pass(10_000);

    io.exchange.messages([facts(5, 5), level(5)], { Age: "0", "Cache-Control": "public, max-age=0, s-maxage=1" });

    expect(confirmedAgo()).toBe(2_000);
  });

  test("[H6] [R7] what is old takes nothing back of what was confirmed later, and a dead cache makes a screen stale", async () => {
    await polling();
    await io.pass(2_000);
    io.exchange.messages([facts(5, 5), level(5)], { Age: "20" });
    expect(confirmedAgo()).toBe(2_000);

    for (let age = 20; age < 90; age += 10) {
      await io.pass(10_000);
      io.exchange.messages([facts(5, 5), level(5)], { Age: `${age}` });
      await io.pass(1_000);
    }

    expect(sync.status.type).toBe("stale");
  });

  test("[H6] an old answer takes nothing back where its diff leads to the head that it tells of", async () => {
    await polling();
    await io.pass(2_000);

    io.exchange.messages([facts(5, 6), delta(5, 6, hostPut("a")), { type: "sync", version: 6, head: 6 }], {
      Age: "40",
    });

    expect([sync.version, confirmedAgo()]).toEqual([6, 2_000]);
  });

  test("[H6] [R7] what a cache counts of the time that a poll waited does not set the authority's clock ahead", async () => {
    await polling();
    const told = 1_900_000_000_000;

    io.exchange.messages([facts(5, 5), { ...level(5), at: told } as ServerMessage], { Age: "25" });

    expect(sync.serverNow()).toBe(told);
  });

  test("[R7] [N4] coming to the head that an answer begins with confirms nothing, as a node may not know yet that it is the newest", async () => {
    await polling();
    await io.pass(4_000);
    const shown: [number | null, number][] = [];
    sync.subscribe(() => shown.push([sync.version, confirmedAgo()]));

    const moved = [delta(5, 6, hostPut("web-1")), delta(6, 7, hostPut("web-2"))];
    io.exchange.messages([facts(5, 6), ...moved, { type: "sync", version: 7, head: 7 }]);

    expect(shown.slice(0, 3)).toEqual([
      [5, 4_000],
      [6, 4_000],
      [7, 4_000],
    ]);
    expect(confirmedAgo()).toBe(0);
  });

  test("[R7] what waited in an answer for the end of it does not set the authority's clock back", async () => {
    await polling();
    const told = 1_900_000_000_000;
    io.exchange.messages([facts(5, 5), { ...level(5), at: told } as ServerMessage]);
    await io.pass(1_000);
    const shown: number[] = [];
    sync.subscribe(() => shown.push(sync.serverNow()));
    await io.pass(4_000);

    const waited = told + 1_000;
    io.exchange.messages([
      { ...facts(5, 6), at: waited },
      { type: "sync", version: 5, head: 6, at: waited },
      delta(5, 6, hostPut("web-1")),
      { type: "sync", version: 6, head: 6, at: told + 5_000 },
    ]);

    expect(sync.version).toBe(6);
    expect(new Set(shown)).toEqual(new Set([told + 5_000]));
  });

  test("[H4] a sync in a stream is as old as its place in the stream says, however late the reader joined", async () => {
    await webSocketFails();
    io.exchange.state(full(5));
    io.exchange.stream({ Age: "50", "Cache-Control": "public, max-age=1" });

    io.exchange.event(0, facts(5, 5), level(5));
    expect(confirmedAgo()).toBe(52_000);
    io.exchange.event(30_000, level(5));
    expect(confirmedAgo()).toBe(22_000);
    expect(sync.status.type).toBe("live");
  });

  test("[H4] nothing in a stream is from times to come: where the cache is silent, the offsets tell how late one joined", async () => {
    await webSocketFails();
    io.exchange.state(full(5));
    io.exchange.stream();

    io.exchange.event(40_000, facts(5, 5)).event(40_000, level(5));
    await io.pass(5_000);
    io.exchange.event(41_000, level(5));

    expect(confirmedAgo()).toBe(4_000);
  });

  test("[R7] [H4] the authority's clock is told by what is known to be old, without its age", async () => {
    await webSocketFails();
    io.exchange.state(full(5));
    const told = 1_900_000_000_000;
    io.exchange.stream({ Age: "50" });

    io.exchange.event(0, { ...facts(5, 5), at: told }, { ...level(5), at: told } as ServerMessage);

    expect(sync.serverNow()).toBe(told + 50_000);
  });
});
