import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  collection,
  defineModel,
  type InitialState,
  patch,
  put,
  remove,
  type StateOf,
  SyncError,
} from "@neverstale/protocol";
import { memoryStore, type ServeSyncOptions, StateManager, type SyncEndpoint, serveSync } from "@neverstale/server";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket as Ws } from "ws";
import type { Environment } from "./environment/environment.ts";
import { browserEnvironment } from "./environment/io/browser.ts";
import { nodeEnvironment, type WebSocketClass } from "./environment/io/node.ts";
import { StateSync, type StateSyncOptions } from "./io/state-sync.ts";
import type { Divergence } from "./records/divergence.ts";
import { request } from "./requests/request.ts";
import { until } from "./until-suite.ts";

const model = defineModel({
  model: 3,
  collections: { hosts: collection<{ readonly id: string; readonly cpu?: number; readonly name?: string }>() },
  changes: { host_added: put("hosts"), host_updated: patch("hosts"), host_removed: remove("hosts") },
});

type Fleet = StateOf<typeof model>;
type Store = ReturnType<typeof memoryStore>;

const toClose: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

interface Running {
  readonly manager: StateManager<typeof model>;
  readonly endpoint: SyncEndpoint;
  readonly http: Server;
  readonly port: number;
  stop(): Promise<void>;
}

async function serve(store: Store, options: Omit<ServeSyncOptions, "manager"> = {}, port = 0): Promise<Running> {
  const manager = await StateManager.open({ model, store });
  const http = createServer((_request, response) => response.writeHead(404).end());
  const endpoint = serveSync(http, { manager, beaconMs: 400, ...options });
  await new Promise<void>((resolve) => http.listen(port, "127.0.0.1", resolve));
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (stopped) return;
    stopped = true;
    const closed = new Promise((resolve) => http.close(resolve));
    await endpoint.close();
    await manager.close();
    await closed;
  };
  toClose.push(stop);
  return { manager, endpoint, http, port: (http.address() as AddressInfo).port, stop };
}

function follow({ port }: Running, options: Partial<StateSyncOptions> = {}): StateSync<Fleet> {
  const sync = new StateSync<Fleet>({ url: `ws://127.0.0.1:${port}/sync`, ...options });
  toClose.push(() => sync.stop());
  return sync;
}

async function level(sync: StateSync<Fleet>, { manager }: Running): Promise<void> {
  await until(sync, () => sync.status.type === "live" && sync.version === manager.version);
  expect(sync.epoch).toBe(manager.epoch);
  expect(sync.digest()).toBe(manager.space("main")?.digest());
}

const added = (id: string, data = {}) => ({ type: "host_added", target: id, data: { name: id, ...data } });

describe("following a real server", () => {
  test("[P1] it is level, and stays it while hundreds of changes pass", async () => {
    const server = await serve(memoryStore());
    const sync = follow(server);
    const changes = Array.from({ length: 300 }, (_, n) => {
      if (n % 7 === 6) return { type: "host_removed", target: `web-${(n * 13) % 40}`, data: {} };
      if (n % 3 === 2)
        return { type: "host_updated", target: `web-${n % 40}`, data: { cpu: n, name: n % 2 === 0 ? null : "x" } };
      return added(`web-${n % 40}`);
    });

    await Promise.all(changes.map((change) => server.manager.apply(change)));
    await level(sync, server);

    expect(Object.fromEntries(sync.state.hosts)).toEqual(Object.fromEntries(server.manager.state.hosts));
    expect(sync.counters.resyncs).toEqual({ gap: 0, drift: 0, digest: 0, epoch: 0, manual: 0 });
  });

  test("[E2] a page that came with a state goes on from there, without a full one", async () => {
    const server = await serve(memoryStore());
    await server.manager.apply(added("web-1"));
    const initial = JSON.parse(JSON.stringify(server.manager.initialState())) as InitialState;
    await server.manager.apply(added("web-2"));

    const sync = follow(server, { initial });
    expect([...sync.state.hosts.keys()]).toEqual(["web-1"]);
    await level(sync, server);

    expect([...sync.state.hosts.keys()]).toEqual(["web-1", "web-2"]);
    expect(server.endpoint.metrics).toMatchObject({ resumed: 1 });
    expect(() => server.manager.initialState("nowhere")).toThrow(expect.objectContaining({ code: "unknown_space" }));
  });

  test("[R10] a state large enough to come compressed", async () => {
    const server = await serve(memoryStore());
    for (let n = 0; n < 200; n++) await server.manager.apply(added(`web-${n}`, { name: `host number ${n} ä€😀` }));

    const sync = follow(server);
    await level(sync, server);

    expect(sync.state.hosts.get("web-7")?.name).toBe("host number 7 ä€😀");
  });

  test("[R7] beacons keep it live", async () => {
    const server = await serve(memoryStore(), { beaconMs: 150 });
    const sync = follow(server);
    await level(sync, server);
    const first = sync.lastConfirmedAt;

    await until(sync, () => (sync.lastConfirmedAt ?? 0) > (first ?? 0) + 300);

    expect(sync.status).toEqual({ type: "live" });
    expect(sync.counters.digestChecks).toBeGreaterThan(1);
  });

  test("a full state by hand keeps what did not change, by identity", async () => {
    const server = await serve(memoryStore());
    await server.manager.apply(added("web-1"));
    const sync = follow(server);
    await level(sync, server);
    const host = sync.state.hosts.get("web-1");

    sync.refresh();
    await until(sync, () => sync.view.lastResync !== null);
    await level(sync, server);

    expect(sync.state.hosts.get("web-1")).toBe(host);
    expect(server.endpoint.metrics.fullStates.asked_manual).toBe(1);
  });

  test("[P5] a delta that was falsified on its way is found by the next beacon, healed and reported", async () => {
    const server = await serve(memoryStore(), { beaconMs: 150 });
    await server.manager.apply(added("web-1", { cpu: 1 }));
    const reports: Divergence[] = [];
    const sync = follow(server, { io: falsifying('"cpu":2', '"cpu":3'), onDivergence: (one) => reports.push(one) });
    await level(sync, server);

    await server.manager.apply({ type: "host_updated", target: "web-1", data: { cpu: 2 } });
    await until(sync, () => reports.length > 0);
    await level(sync, server);

    expect(sync.state.hosts.get("web-1")?.cpu).toBe(2);
    expect(sync.counters).toMatchObject({ divergences: 1, digestMismatches: 1 });
    expect(reports).toMatchObject([{ exact: true, records: [{ collection: "hosts", id: "web-1" }] }]);
    expect(server.endpoint.metrics.fullStates.asked_digest).toBe(1);
  });
});

/** A wire that alters text in deltas. */
function falsifying(from: string, to: string): Environment {
  const io = browserEnvironment();
  const falsified = (frame: string | Uint8Array) =>
    typeof frame === "string" && frame.includes('"delta"') ? frame.replace(from, to) : frame;
  return {
    ...io,
    openSocket: (url, protocols, events) =>
      io.openSocket(url, protocols, { ...events, received: (frame) => events.received(falsified(frame)) }),
  };
}

describe("when the server goes away", () => {
  test("[E2] [E4] restarted on the same store, the replica resumes under the new epoch, by a diff", async () => {
    const store = memoryStore();
    const before = await serve(store);
    for (const id of ["web-1", "web-2"]) await before.manager.apply(added(id));
    const sync = follow(before);
    await level(sync, before);
    const epoch = sync.epoch;
    await before.stop();
    await until(sync, () => sync.status.type !== "live");

    const after = await serve(memoryStore({ data: store.dump() }), {}, before.port);
    await after.manager.apply(added("web-3"));
    await level(sync, after);

    expect(sync.epoch).not.toBe(epoch);
    expect([...sync.state.hosts.keys()]).toEqual(["web-1", "web-2", "web-3"]);
    expect(after.endpoint.metrics).toMatchObject({ resumed: 1, fullStates: {} });
  });

  test("[E7] taken over anew while it runs, it costs a live replica one message and no full state", async () => {
    const server = await serve(memoryStore());
    await server.manager.apply(added("web-1"));
    const sync = follow(server);
    await level(sync, server);
    const host = sync.state.hosts.get("web-1");
    const { epoch, version } = await server.manager.apply(added("web-2"));

    for (let n = 0; n < 3; n += 1) await server.manager.takeOver();
    const later = await server.manager.apply(added("web-3"));
    await Promise.all([sync.reached({ epoch, version }), sync.reached(later)]);
    await level(sync, server);

    expect(later.epoch).not.toBe(epoch);
    expect(sync.state.hosts.get("web-1")).toBe(host);
    expect(sync.counters).toMatchObject({ reconnects: 0, gaps: 0 });
    expect(sync.counters.resyncs).toEqual({ gap: 0, drift: 0, digest: 0, epoch: 0, manual: 0 });
    expect(server.endpoint.metrics).toMatchObject({ accepted: 1, fullStates: { first: 1 }, withoutSteps: 0 });
    expect(server.endpoint.metrics.steps).toBeLessThanOrEqual(3);
  });

  test("[E3] another store in its place: nobody is resumed into the wrong history", async () => {
    const before = await serve(memoryStore());
    for (const id of ["web-1", "web-2"]) await before.manager.apply(added(id));
    const sync = follow(before);
    await level(sync, before);
    await before.stop();

    const after = await serve(memoryStore(), {}, before.port);
    await after.manager.apply(added("web-9"));
    await level(sync, after);

    expect([...sync.state.hosts.keys()]).toEqual(["web-9"]);
    expect(after.endpoint.metrics.resumed).toBe(0);
  });

  test("[E3] restored from an older copy: the lost versions are gone here too, and their waiters are told", async () => {
    const store = memoryStore();
    const before = await serve(store);
    await before.manager.apply(added("web-1"));
    const copy = store.dump();
    const lost = await before.manager.apply(added("web-2"));
    const sync = follow(before);
    await level(sync, before);
    await before.stop();

    const after = await serve(memoryStore({ data: copy }), {}, before.port);
    await level(sync, after);

    expect([...sync.state.hosts.keys()]).toEqual(["web-1"]);
    await expect(sync.reached(lost)).rejects.toMatchObject({ code: "history_lost" });
  });
});

describe("reached", () => {
  test("[D2] a change that was applied is shown once it resolves, also one of an epoch before", async () => {
    const store = memoryStore();
    const before = await serve(store);
    const applied = await before.manager.apply(added("web-1"));
    await before.stop();
    const server = await serve(memoryStore({ data: store.dump() }));
    const sync = follow(server);

    await sync.reached(applied);
    const shown = sync.state.hosts.has("web-1");
    await sync.reached(await server.manager.apply(added("web-2")));

    expect([shown, sync.state.hosts.has("web-2")]).toEqual([true, true]);
  });
});

/** Node's own WebSocket takes headers as a member of its second argument. */
const HeaderSocket = class extends WebSocket {
  constructor(url: string, protocols: string[], { headers }: { readonly headers: Readonly<Record<string, string>> }) {
    super(url, { protocols, headers } as unknown as string[]);
  }
} as unknown as WebSocketClass;

describe("who may follow", () => {
  const authorize = (request: IncomingMessage, { csrf }: { csrf: string | null }) => {
    const user = request.headers.authorization ?? csrf;
    if (user === null) return { refuse: 401, code: "not_signed_in", message: "sign in" } as const;
    if (user.includes("viewer")) return { refuse: 403, code: "forbidden", message: "not yours" } as const;
    return { space: "main", subject: user };
  };

  test("a browser's token goes as subprotocol", async () => {
    const server = await serve(memoryStore(), { authorize });

    await level(follow(server, { csrf: () => "abc" }), server);

    expect(server.endpoint.connectionCount).toBe(1);
  });

  test("[A11] [R9] revoked: signed out, and nothing is shown any more", async () => {
    const server = await serve(memoryStore(), { authorize });
    await server.manager.apply(added("web-1"));
    const sync = follow(server, { csrf: () => "abc" });
    await level(sync, server);

    server.endpoint.revoke(() => 4401);
    await until(sync, () => sync.status.type === "signed_out");

    expect([sync.state.hosts.size, sync.version]).toEqual([0, 0]);
  });

  test("[R9] a refused upgrade shows as signed out once the token is fetched again", async () => {
    const server = await serve(memoryStore(), {
      authorize: () => ({ refuse: 401, code: "not_signed_in", message: "" }),
    });
    const sync = follow(server, {
      csrf: ({ refresh }) => {
        if (refresh) throw new SyncError("not_signed_in", "no session");
        return "abc";
      },
    });

    await until(sync, () => sync.status.type === "signed_out");
  });

  test("a program's bearer credential goes as header, with sockets and requests", async () => {
    const server = await serve(memoryStore(), { authorize });
    const seen: (string | undefined)[] = [];
    server.http.removeAllListeners("request");
    server.http.on("request", (request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(202, { "Content-Type": "application/json" });
      response.end('{"pipelineId":"p1","epoch":"e","version":1}');
    });
    const io = nodeEnvironment({ WebSocket: HeaderSocket, headers: { Authorization: "Bearer agent" } });
    const sync = follow(server, { io });

    await level(sync, server);
    const done = await request(sync.route("/api/jobs"), { job: "health" });

    expect(done).toMatchObject({ pipelineId: "p1" });
    expect(seen).toEqual(["Bearer agent"]);
  });
});

describe("a page that may not follow", () => {
  const page = (server: Running) =>
    nodeEnvironment({
      WebSocket: HeaderSocket,
      headers: { Origin: `http://127.0.0.1:${server.port}` },
    });

  test.each([
    [401, "not_signed_in", { type: "signed_out" }],
    [403, "forbidden", { type: "stale", since: null, why: "forbidden" }],
    [404, "unknown_space", { type: "stale", since: null, why: "unknown_space" }],
  ])(
    "[A11] refused with %i it is told so by a close code, says it, and asks no second time",
    async (refuse, code, status) => {
      let asked = 0;
      const server = await serve(memoryStore(), {
        authorize: () => {
          asked += 1;
          return { refuse, code, message: "no" };
        },
      });
      const sync = follow(server, { io: page(server) });
      await until(sync, () => sync.status.type !== "connecting" && sync.status.type !== "catching_up");

      sync.retry();

      expect(sync.status).toEqual(status);
      expect(asked).toBe(1);
      expect(server.endpoint.metrics).toMatchObject({ turnedAway: 1, accepted: 0 });
    },
  );
});

describe("a program that is refused before the upgrade", () => {
  const program = () => nodeEnvironment({ WebSocket: Ws as unknown as WebSocketClass });

  test("[M7] by its CSRF token it comes back with a new one", async () => {
    const server = await serve(memoryStore(), { csrf: () => "today's" });
    const shown: boolean[] = [];
    const csrf = ({ refresh }: { readonly refresh: boolean }) => {
      shown.push(refresh);
      return refresh ? "today's" : "yesterday's";
    };

    const sync = follow(server, { io: program(), csrf });
    await level(sync, server);

    expect(shown).toEqual([false, true]);
    expect(sync.status.type).toBe("live");
  });

  test("[M7] by its right it is told so", async () => {
    const server = await serve(memoryStore(), {
      authorize: () => ({ refuse: 403, code: "forbidden", message: "not yours" }),
    });

    const sync = follow(server, { io: program() });
    await until(sync, () => sync.status.type === "stale");

    expect(sync.status).toEqual({ type: "stale", since: null, why: "forbidden" });
  });
});
