import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Change, collection, defineModel, patch, put, remove } from "@neverstale/protocol";
import {
  type StateManager as Manager,
  memoryStore,
  StateManager,
  type SyncEndpoint,
  serveSync,
} from "@neverstale/server";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { StateSync } from "./seed-client.ts";

const model = defineModel({
  model: 1,
  collections: { hosts: collection() },
  changes: { host_added: put("hosts"), host_updated: patch("hosts"), host_removed: remove("hosts") },
});

/** This is so long that no beacon comes during a test. */
const NO_BEACON_MS = 600_000;

let manager: Manager<typeof model>;
let server: Server;
let endpoint: SyncEndpoint;
let tab: Tab;

/** A tab is what the seed's page had: a socket, a `StateSync`, and what was sent and received. */
interface Tab {
  readonly sync: StateSync;
  readonly received: { readonly type: string; readonly version: number }[];
  readonly asked: string[];
  readonly renders: number[];
  /** The next message of this type gets lost on its way. */
  loses: string | null;
  close(): void;
}

beforeEach(async () => {
  manager = await StateManager.open({ model, store: memoryStore() });
  server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterEach(async () => {
  tab.close();
  await endpoint.close();
  await manager.close();
  server.close();
});

async function openTab({ beaconMs = NO_BEACON_MS } = {}): Promise<Tab> {
  endpoint = serveSync(server, { manager, beaconMs });
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/sync`);
  const send = (text: string) => {
    opened.asked.push(text);
    socket.send(text);
  };
  const sync = new StateSync({ send }, () => opened.renders.push(sync.version));
  const opened: Tab = { sync, received: [], asked: [], renders: [], loses: null, close: () => socket.close() };
  socket.on("message", (data) => receive(opened, String(data)));
  await vi.waitFor(() => expect(opened.received.length).toBeGreaterThan(0), { timeout: 240_000 });
  return opened;
}

function receive(to: Tab, data: string): void {
  const message = JSON.parse(data);
  if (message.type === to.loses) {
    to.loses = null;
    return;
  }
  to.received.push(message);
  to.sync.handleMessage({ data });
}

function updated(status: string | null, target = "web-1"): Change {
  return { type: "host_updated", target, data: { status } };
}

/** Waits until the tab shows the authority's state. */
async function level(): Promise<void> {
  await vi.waitFor(
    () => {
      expect(tab.sync.version).toBe(manager.version);
      expect(new Map(tab.sync.state.hosts.map((host) => [host.id, host]))).toEqual(new Map(manager.state.hosts));
    },
    { timeout: 240_000 },
  );
}

async function addHost(): Promise<void> {
  await manager.apply({ type: "host_added", target: "web-1", data: { hostname: "web-1", status: "up" } });
}

test("`init` is sent on connect, with the full state", async () => {
  await addHost();

  tab = await openTab();

  const host = { id: "web-1", hostname: "web-1", status: "up" };
  expect(tab.received[0]).toEqual({ type: "init", version: 1, payload: { hosts: [host] } });
  await level();
});

test("`delta` is sent on every state change, one version each", async () => {
  tab = await openTab();

  await addHost();
  await manager.apply(updated("down"));
  await manager.apply(updated(null));
  await manager.apply({ type: "host_removed", target: "web-1", data: {} });
  await level();

  expect(tab.received.filter(({ type }) => type === "delta").map(({ version }) => version)).toEqual([1, 2, 3, 4]);
  expect(tab.renders).toEqual([0, 1, 2, 3, 4]);
  expect(tab.asked).toEqual([]);
});

test("`sync` comes at every interval, with the version; a level client asks for nothing", async () => {
  await addHost();
  tab = await openTab({ beaconMs: 100 });

  await vi.waitFor(() => expect(tab.received.filter(({ type }) => type === "sync").length).toBeGreaterThan(2), 10_000);

  expect(tab.received.at(-1)).toEqual({ type: "sync", version: 1 });
  expect(tab.asked).toEqual([]);
});

test("a version gap leads to a resync: the delta after the lost one asks for the full state", async () => {
  await addHost();
  tab = await openTab();

  tab.loses = "delta";
  await manager.apply(updated("lost"));
  await vi.waitFor(() => expect(tab.loses).toBeNull(), { timeout: 240_000 });
  await manager.apply(updated("after it"));
  await level();

  expect(tab.asked).toEqual([`{"type":"get_state"}`]);
  expect(tab.received.at(-1)).toMatchObject({ type: "full_state", version: 3 });
});

test("drift leads to a resync: the beacon tells that the last delta was lost", async () => {
  await addHost();
  tab = await openTab({ beaconMs: 500 });

  tab.loses = "delta";
  await manager.apply(updated("lost"));
  await level();

  expect(tab.asked.length).toBeGreaterThan(0);
  expect(tab.received.map(({ type }) => type)).not.toContain("delta");
  expect(tab.received.map(({ type }) => type)).toContain("full_state");
});

test("a hundred transactions of several changes each arrive one by one and in order", async () => {
  await addHost();
  tab = await openTab();

  for (let n = 0; n < 100; n++) await manager.transact(() => [updated(`${n}`), updated(`${n}.5`)]);
  await level();

  const deltas = tab.received.filter(({ type }) => type === "delta").map(({ version }) => version);
  expect(deltas).toEqual(Array.from({ length: 200 }, (_, n) => n + 2));
});
