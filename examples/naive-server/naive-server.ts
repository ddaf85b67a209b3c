/** The obvious server is wrong on purpose: a version, a store and a broadcast, as one would first write them down. */

// Each line looks right. naive-server.test.ts shows what goes wrong, and that the engine does it right.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { type WebSocket, WebSocketServer } from "ws";

export interface Change {
  readonly type: string;
  readonly target: string;
  readonly data: Record<string, unknown>;
}

type Hosts = Record<string, Record<string, unknown>>;

/** It keeps the last version and the hosts in SQLite. Like most drivers it answers a little later. */
export class StateStore {
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec("PRAGMA journal_mode = WAL");
    this.#database.exec("CREATE TABLE IF NOT EXISTS hosts (id TEXT PRIMARY KEY, record TEXT)");
    this.#database.exec("CREATE TABLE IF NOT EXISTS meta (id INTEGER PRIMARY KEY, version INTEGER)");
  }

  lastVersion(): number {
    return Number(this.#database.prepare("SELECT version FROM meta").get()?.version ?? 0);
  }

  async applyChange({ type, target, data }: Change): Promise<void> {
    await wait(1);
    const before = this.hosts()[target] ?? {};
    if (type === "host_removed") this.#database.prepare("DELETE FROM hosts WHERE id = ?").run(target);
    else this.#put(target, type === "host_updated" ? { ...before, ...data } : data);
    this.#database.exec(`INSERT OR REPLACE INTO meta VALUES (1, ${this.lastVersion() + 1})`);
  }

  #put(id: string, record: Record<string, unknown>): void {
    const text = JSON.stringify({ ...record, id });
    this.#database.prepare("INSERT OR REPLACE INTO hosts VALUES (?, ?)").run(id, text);
  }

  hosts(): Hosts {
    const hosts: Hosts = {};
    for (const { id, record } of this.#database.prepare("SELECT id, record FROM hosts").all()) {
      hosts[String(id)] = JSON.parse(String(record));
    }
    return hosts;
  }

  close(): void {
    this.#database.close();
  }
}

export class StateManager {
  readonly store: StateStore;
  readonly clients = new Set<WebSocket>();
  version: number;
  /** This counts how often the full state was encoded. */
  encodedStates = 0;

  constructor(store: StateStore) {
    this.store = store;
    this.version = store.lastVersion();
  }

  async applyChange(change: Change): Promise<number> {
    const version = ++this.version;
    await this.store.applyChange(change);
    this.broadcast({ type: "delta", version, payload: change });
    return version;
  }

  broadcast(message: object): void {
    for (const client of this.clients) client.send(JSON.stringify(message));
  }

  beacon(): void {
    this.broadcast({ type: "sync", version: this.version });
  }

  connect(client: WebSocket): void {
    this.clients.add(client);
    client.on("close", () => this.clients.delete(client));
    client.on("message", (data) => {
      if (JSON.parse(String(data)).type === "get_state") client.send(this.fullState("full_state"));
    });
    client.send(this.fullState("init"));
  }

  fullState(type: "init" | "full_state"): string {
    this.encodedStates++;
    return JSON.stringify({ type, version: this.version, payload: { hosts: Object.values(this.store.hosts()) } });
  }
}

/** It listens on `port`, or on a free one when that is 0. It has `WS /sync`, and `POST /change` for a `Change`. */
export async function serveNaively(path: string, port = 0, beaconMs = 30_000) {
  const store = new StateStore(path);
  const manager = new StateManager(store);
  const http = createServer(async (request, response) => {
    const body = (await request.toArray()).join("");
    response.end(JSON.stringify({ version: await manager.applyChange(JSON.parse(body)) }));
  }).listen(port, "127.0.0.1");
  await once(http, "listening");
  const sockets = new WebSocketServer({ server: http, path: "/sync" });
  sockets.on("connection", (client) => manager.connect(client));
  const ticker = setInterval(() => manager.beacon(), beaconMs);
  const close = () => {
    clearInterval(ticker);
    for (const client of sockets.clients) client.terminate();
    http.close();
    store.close();
  };
  return { manager, port: (http.address() as AddressInfo).port, close };
}

if (import.meta.main) {
  const { port } = await serveNaively(process.argv[2] ?? "naive.db", Number(process.argv[3] ?? 8081));
  console.log(`listening on http://127.0.0.1:${port}`);
}
