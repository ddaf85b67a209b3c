import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ended } from "@neverstale/base/test-processes";
import { StateSync } from "@neverstale/client";
import { collection, defineModel, patch, put, remove } from "@neverstale/protocol";
import { StateManager, serveSync } from "@neverstale/server";
import { sqliteStore } from "@neverstale/store-sqlite";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Follower, follow, type Message } from "./follower.ts";
import { type Change, serveNaively } from "./naive-server.ts";

const model = defineModel({
  model: 1,
  collections: { hosts: collection() },
  changes: { host_added: put("hosts"), host_updated: patch("hosts"), host_removed: remove("hosts") },
});

let folder: string;
const closers: (() => Promise<unknown> | unknown)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "naive-server-"));
});

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true });
});

async function naive(beaconMs = 600_000) {
  const server = await serveNaively(join(folder, "naive.db"), 0, beaconMs);
  closers.push(() => server.close());
  return { ...server, apply: (change: Change) => server.manager.applyChange(change) };
}

async function engine(beaconMs = 600_000) {
  const manager = await StateManager.open({ model, store: sqliteStore(join(folder, "engine.db")) });
  const http = createServer().listen(0, "127.0.0.1");
  await once(http, "listening");
  const endpoint = serveSync(http, { manager, beaconMs });
  closers.push(async () => {
    await endpoint.close();
    await manager.close();
    http.close();
  });
  const apply = async (change: Change) => (await manager.apply(change as never)).version;
  return { manager, endpoint, port: (http.address() as AddressInfo).port, apply };
}

async function followed(port: number): Promise<Follower> {
  const follower = await follow(port);
  closers.push(() => follower.socket.terminate());
  return follower;
}

const added = (target: string, data: Record<string, unknown> = {}): Change => ({ type: "host_added", target, data });

/** Calls come as they do over HTTP: many come at once, and nobody waits for the others. */
async function traffic(
  apply: (change: Change) => Promise<number>,
  rounds: number,
  isOver: () => boolean,
): Promise<void> {
  for (let round = 0; round < rounds && !isOver(); round++) {
    await Promise.all(
      Array.from({ length: 20 }, () => apply({ type: "host_added", target: `host-${count++}`, data: {} })),
    );
  }
}
let count = 0;

/** Returns the first full state whose version does not fit its content. Each change adds one host. */
const untrueState = (messages: readonly Message[]) =>
  messages.find(({ payload, version }) => payload?.hosts !== undefined && payload.hosts.length !== version);

/** Returns the first beacon that names another version than the message before it. */
const earlyBeacon = (messages: readonly Message[]) =>
  messages.find(({ type, version }, index) => type === "sync" && version !== messages[index - 1]?.version);

function askAllTheTime({ socket }: Follower): void {
  const timer = setInterval(() => socket.send(`{"type":"get_state"}`), 1);
  closers.push(() => clearInterval(timer));
}

describe("[A6] a snapshot is taken together with its version", () => {
  test("naive: a full state claims a version whose changes it does not hold", async () => {
    const { apply, port } = await naive();
    const follower = await followed(port);
    askAllTheTime(follower);

    await traffic(apply, 500, () => untrueState(follower.messages) !== undefined);

    expect(untrueState(follower.messages)).toBeDefined();
  });

  test("engine: every full state holds exactly the changes up to its version", async () => {
    const { apply, port } = await engine();

    for (let n = 0; n < 20; n++) {
      const follower = await followed(port);
      follower.socket.send(`{"type":"get_state"}`);
      await traffic(apply, 5, () => false);
      await follower.until((messages) => messages.some(({ payload }) => payload?.hosts !== undefined));
      expect(untrueState(follower.messages)).toBeUndefined();
    }
  });
});

describe("[A7] a beacon is in order with the deltas", () => {
  test("naive: it names versions that were not sent yet, so level clients ask for the full state", async () => {
    const { apply, port } = await naive(2);
    const follower = await followed(port);

    await traffic(apply, 500, () => earlyBeacon(follower.messages) !== undefined);

    expect(earlyBeacon(follower.messages)).toBeDefined();
  });

  test("engine: it names the version of the message before it", async () => {
    const { apply, port } = await engine(2);
    const follower = await followed(port);

    await traffic(apply, 100, () => false);
    await follower.until((messages) => messages.at(-1)?.type === "sync");

    expect(earlyBeacon(follower.messages)).toBeUndefined();
  });
});

describe("[P3] a version is given to one change only", () => {
  const broken = { type: "host_added", target: "web-2", data: { load: 1n } };

  test("naive: after a change that could not be stored the versions have a hole, and a restart gives one again", async () => {
    const before = await naive();
    await before.apply(added("web-1"));
    await expect(before.apply(broken)).rejects.toThrow();
    const shown = await before.apply(added("web-3"));

    const { manager } = await naive();

    expect(shown).toBe(3);
    expect(await manager.applyChange(added("web-4"))).toBe(3);
  });

  test("engine: what was refused has moved nothing, and after a restart the versions go on", async () => {
    const before = await engine();
    await before.apply(added("web-1"));
    await expect(before.apply(broken)).rejects.toMatchObject({ code: "invalid_change" });
    const shown = await before.apply(added("web-3"));
    await closers.pop()?.();

    const after = await engine();

    expect(shown).toBe(2);
    expect(await after.apply(added("web-4"))).toBe(3);
  });
});

describe("[A8] a snapshot is encoded once and shared", () => {
  test("naive: fifty that join are fifty encodings", async () => {
    const { manager, port } = await naive();

    await Promise.all(Array.from({ length: 50 }, () => followed(port)));

    expect(manager.encodedStates).toBe(50);
  });

  test("engine: fifty that join at once share two at most", async () => {
    const { endpoint, apply, port } = await engine();
    await apply(added("web-1"));

    const followers = await Promise.all(Array.from({ length: 50 }, () => followed(port)));
    for (const { until } of followers) await until((messages) => messages[0]?.type === "init");

    expect(endpoint.metrics.snapshotBuilds).toBeLessThanOrEqual(2);
  });
});

describe("[A4] who returns gets what it missed", () => {
  const hosts = Array.from({ length: 1_000 }, (_, n) =>
    added(`host-${n}`, { location: `rack ${n % 40}`, os: "Debian 12" }),
  );

  test("naive: a lost second costs the whole state", async () => {
    const { apply, port } = await naive();
    await Promise.all(hosts.map(apply));

    const { until, messages } = await followed(port);
    await until(({ length }) => length > 0);

    expect(JSON.stringify(messages[0]).length).toBeGreaterThan(40_000);
  });

  test("engine: it costs one diff", async () => {
    const { apply, endpoint, port } = await engine();
    await Promise.all(hosts.map(apply));
    const sync = new StateSync({ url: `ws://127.0.0.1:${port}/sync` });
    closers.push(() => sync.stop());
    await vi.waitUntil(() => sync.status.type === "live", 20_000);

    sync.stop();
    await apply({ type: "host_updated", target: "host-7", data: { location: "rack 41" } });
    const bytesBefore = endpoint.metrics.bytes;
    sync.start();
    await vi.waitUntil(() => sync.status.type === "live", 20_000);

    expect(sync.state.hosts?.get("host-7")).toMatchObject({ location: "rack 41" });
    expect(endpoint.metrics.resumed).toBe(1);
    expect(endpoint.metrics.bytes - bytesBefore).toBeLessThan(2_000);
  });
});

describe("[A5] a slow reader costs a position, not a queue", () => {
  const data = { note: "x".repeat(64 * 1024) };
  const CHANGES = 600;

  async function stalled(port: number): Promise<void> {
    const { socket } = await followed(port);
    socket.pause();
  }

  test("naive: one that does not read fills the server's memory", async () => {
    const { manager, apply, port } = await naive();
    await stalled(port);

    for (let n = 0; n < CHANGES; n++) await apply(added("web-1", { ...data, n }));

    const waiting = [...manager.clients].reduce((sum, client) => sum + client.bufferedAmount, 0);
    expect(waiting).toBeGreaterThan(20 * 1024 * 1024);
  });

  test("engine: nothing is put while its socket is full", async () => {
    const { apply, endpoint, port } = await engine();
    await stalled(port);

    for (let n = 0; n < CHANGES; n++) await apply(added("web-1", { ...data, n }));

    expect(endpoint.metrics.congested).toBeGreaterThan(0);
    expect(endpoint.metrics.bytes).toBeLessThan(20 * 1024 * 1024);
  });
});

describe("[A10] garbage is answered, not died of", () => {
  test("naive: one frame that is no JSON ends the process", async () => {
    const script = fileURLToPath(new URL("naive-server.ts", import.meta.url));
    const server = spawn(process.execPath, [script, join(folder, "naive.db"), "0"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    closers.push(() => ended(server));
    const [line] = await once(server.stdout, "data");
    const { socket } = await followed(Number(/:(\d+)\n/.exec(String(line))?.[1]));

    socket.send("{");
    const [exitCode] = await once(server, "exit");

    expect(exitCode).not.toBe(0);
  });

  test("engine: it closes that connection with 4400 and serves the others", async () => {
    const { apply, port } = await engine();
    const [bad, good] = [await followed(port), await followed(port)];

    bad.socket.send("{");
    const [code] = await once(bad.socket, "close");
    await apply(added("web-1"));
    await good.until((messages) => messages.at(-1)?.version === 1);

    expect(code).toBe(4400);
  });
});

describe("[S4] a name can't reach the machinery", () => {
  test("naive: a host named __proto__ is announced and is not in the state", async () => {
    const { manager, apply } = await naive();

    const version = await apply(added("__proto__", { os: "Debian 12" }));

    expect(version).toBe(1);
    expect(JSON.parse(manager.fullState("init"))).toMatchObject({ version: 1, payload: { hosts: [] } });
  });

  test("engine: it is refused, and nothing has moved", async () => {
    const { manager, apply } = await engine();

    await expect(apply(added("__proto__"))).rejects.toMatchObject({ code: "invalid_change" });

    expect(manager.version).toBe(0);
  });
});
