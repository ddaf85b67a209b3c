import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { collection, defineModel, patch, put, remove, type StateOf } from "@neverstale/protocol";
import { memoryStore, type ServeHttpOptions, StateManager, serveHttp } from "@neverstale/server";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket as Ws } from "ws";
import { nodeEnvironment, type WebSocketClass } from "./environment/io/node.ts";
import { StateSync } from "./io/state-sync.ts";
import { until } from "./until-suite.ts";

const model = defineModel({
  model: 3,
  collections: { hosts: collection<{ readonly id: string; readonly text?: string }>() },
  changes: { host_added: put("hosts"), host_updated: patch("hosts"), host_removed: remove("hosts") },
});

type Fleet = StateOf<typeof model>;

const toClose: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

/** A server that refuses every upgrade, as a proxy does that knows requests only. */
async function serve(options: Omit<ServeHttpOptions, "manager"> = {}, store = memoryStore(), port = 0) {
  const manager = await StateManager.open({ model, store });
  const endpoint = serveHttp({ manager, beaconMs: 400, ...options });
  const paths: string[] = [];
  const http: Server = createServer((request, response) => {
    paths.push(request.url ?? "");
    if (!endpoint.handle(request, response)) response.writeHead(404).end();
  });
  http.on("upgrade", (_, socket) => socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
  await new Promise<void>((resolve) => http.listen(port, "127.0.0.1", resolve));
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    endpoint.close();
    await manager.close();
    const closed = new Promise((resolve) => http.close(resolve));
    http.closeAllConnections();
    await closed;
  };
  toClose.push(stop);
  return { manager, endpoint, paths, port: (http.address() as AddressInfo).port, stop };
}

type Running = Awaited<ReturnType<typeof serve>>;

function follow({ port }: Running, fetchIt: typeof fetch = fetch): StateSync<Fleet> {
  const io = nodeEnvironment({ WebSocket: Ws as unknown as WebSocketClass, fetch: fetchIt });
  const sync = new StateSync<Fleet>({ url: `ws://127.0.0.1:${port}/sync`, io });
  toClose.push(() => sync.stop());
  return sync;
}

async function level(sync: StateSync<Fleet>, { manager }: Running): Promise<void> {
  await until(sync, () => sync.epoch === manager.epoch && sync.version === manager.version);
  await until(sync, () => sync.status.type === "live");
  expect([sync.epoch, sync.digest()]).toEqual([manager.epoch, manager.space("main")?.digest()]);
}

const added = (id: string, data = {}) => ({ type: "host_added", target: id, data });

/** A fetch through which no stream passes: what is between waits for its end. */
const held: typeof fetch = async (input, init) => {
  if (!`${input}`.includes("/live/")) return fetch(input, init);
  return new Promise((_, reject) => init?.signal?.addEventListener("abort", () => reject(new Error("aborted"))));
};

describe("following a real server over HTTP alone", () => {
  test.each([
    ["stream", fetch],
    ["poll", held],
  ] as const)(
    "[H9] [P1] over a %s it is level, and stays it while hundreds of changes pass",
    async (way, fetchIt) => {
      const server = await serve();
      const sync = follow(server, fetchIt);
      await level(sync, server);

      for (let n = 0; n < 200; n += 1) {
        await server.manager.apply(added(`web-${n % 40}`, { text: `${n} ä€😀` }));
        if (n % 7 === 0) await server.manager.apply({ type: "host_removed", target: `web-${n % 40}`, data: {} });
      }
      await level(sync, server);

      expect(sync.view.way).toBe(way);
      expect(Object.fromEntries(sync.state.hosts)).toEqual(Object.fromEntries(server.manager.state.hosts));
      expect(sync.counters.resyncs).toEqual({ gap: 0, drift: 0, digest: 0, epoch: 0, manual: 0 });
    },
    20_000,
  );

  test("[H1] [R10] a large state is fetched once, and what follows comes as diffs", async () => {
    const server = await serve();
    for (let n = 0; n < 300; n += 1) await server.manager.apply(added(`web-${n}`, { text: "x".repeat(1_000) }));
    const sync = follow(server);
    await level(sync, server);
    await server.manager.apply(added("last"));
    await level(sync, server);

    expect(server.endpoint.httpMetrics).toMatchObject({ snapshots: 1, states: 1 });
  });

  test("[R7] [H4] a quiet server keeps it live, beacon by beacon", async () => {
    const server = await serve({ beaconMs: 150 });
    const sync = follow(server);
    await level(sync, server);
    const first = sync.lastConfirmedAt ?? 0;

    await until(sync, () => (sync.lastConfirmedAt ?? 0) > first + 450);

    expect(sync.status).toEqual({ type: "live" });
  });

  test("[H5] [E3] after a restart over another store it has the new state, and after one over the same it goes on", async () => {
    const store = memoryStore();
    const first = await serve({}, store);
    await first.manager.apply(added("a"));
    const sync = follow(first);
    await level(sync, first);
    await first.stop();

    const second = await serve({}, memoryStore(), first.port);
    await second.manager.apply(added("other"));
    await level(sync, second);

    expect([...sync.state.hosts.keys()]).toEqual(["other"]);
  }, 30_000);

  test("[H2] [E7] a takeover costs one step, and no full state", async () => {
    const server = await serve();
    const sync = follow(server);
    await level(sync, server);

    await server.manager.takeOver();
    await server.manager.apply(added("a"));
    await level(sync, server);

    expect(server.endpoint.httpMetrics.states).toBe(1);
    expect(sync.counters.resyncs.epoch).toBe(0);
  });

  test("[D2] [H2] it knows whether a position is reached, or of a history that is lost", async () => {
    const server = await serve();
    const sync = follow(server);
    await level(sync, server);

    const { version } = await server.manager.apply(added("a"));
    await sync.reached({ epoch: server.manager.epoch, version });
    const lost = sync.reached({ epoch: "another", version: 1 });

    await expect(lost).rejects.toMatchObject({ code: "history_lost" });
    expect(sync.version).toBe(version);
  });

  test("[H8] [R9] a session that ends clears what is shown, at once", async () => {
    let known = true;
    const server = await serve({
      authorize: () =>
        known
          ? { space: "main", subject: "ann" }
          : { refuse: 401, code: "not_signed_in", message: "nobody is signed in" },
    });
    await server.manager.apply(added("a"));
    const sync = follow(server);
    await level(sync, server);

    known = false;
    server.endpoint.revoke(() => 4401);
    await until(sync, () => sync.status.type === "signed_out");

    expect([...sync.state.hosts.keys()]).toEqual([]);
  });
});
