/**
 * A whole authority runs as a process of its own, for tests that kill it: SQLite, a sync endpoint, and HTTP to change and to
 * look. It is started as `node --conditions=source tests/engine/authority.ts DATABASE PORT [BEACON_MS]`, and listens on the
 * address HOST, or for this machine alone.
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { flushCompileCache } from "node:module";
import type { AddressInfo } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { type Change, collection, defineModel, patch, put, remove, type StateOf } from "@neverstale/protocol";
import { StateManager, serveSync } from "@neverstale/server";
import { sqliteStore } from "@neverstale/store-sqlite";

export const model = defineModel({
  model: 1,
  collections: { hosts: collection(null), metrics: collection(null, { ephemeral: true }) },
  changes: {
    host_added: put("hosts"),
    host_updated: patch("hosts"),
    host_removed: remove("hosts"),
    host_metrics: put("metrics"),
  },
});

export type State = StateOf<typeof model>;

/** `GET /facts` tells these. */
export interface Facts {
  readonly epoch: string;
  readonly version: number;
  readonly digest: string;
  readonly memory: NodeJS.MemoryUsage;
  /** Its wall clock says this. */
  readonly now: number;
  /** The event loop was held up so long, since the process began. */
  readonly loop: { readonly p50Ms: number; readonly p99Ms: number };
  readonly sync: {
    readonly resumed: number;
    readonly fullStates: Readonly<Record<string, number>>;
    readonly snapshotBuilds: number;
    readonly tooSlow: number;
    readonly connections: number;
  };
}

if (import.meta.main) await main(process.argv[2] ?? "", Number(process.argv[3]), Number(process.argv[4] ?? 30_000));

async function main(database: string, port: number, beaconMs: number): Promise<void> {
  const onFailure = () => process.exit(70);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const manager = await StateManager.open({ model, store: sqliteStore(database), onFailure });
  const http = createServer((request, response) => {
    answer(request, response).catch((error) => response.writeHead(500).end(`${error.code}: ${error.message}`));
  });
  const sync = serveSync(http, { manager: manager as unknown as StateManager, beaconMs });
  http.listen(port, process.env.HOST ?? "127.0.0.1", () => {
    console.log(`listening on ${(http.address() as AddressInfo).port}`);
    flushCompileCache(); // Most tests kill it, and the next one shall start faster.
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === "/facts") return json(response, facts());
    if (request.url === "/state") {
      const { version, digest, collections } = manager.capture();
      return json(response, {
        version,
        digest,
        state: Object.fromEntries(collections.map((c) => [c.name, c.records])),
      });
    }
    if (request.url?.startsWith("/load") === true) return json(response, await load(new URL(request.url, "http://x")));
    if (request.url === "/close") return close(response);
    const change = JSON.parse((await request.toArray()).join("")) as Change & { type: "host_added" };
    const { epoch, version } = await manager.apply(change);
    json(response, { epoch, version });
  }

  /** Ends the process as an operator would, and answers before it is gone. */
  async function close(response: ServerResponse): Promise<void> {
    await sync.close();
    await manager.close();
    json(response, {});
    response.once("close", () => process.exit(0));
  }

  /** Makes `changes` changes at so many a second, and answers when all are stored. */
  async function load(url: URL): Promise<{ changes: number }> {
    const changes = Number(url.searchParams.get("changes"));
    const perSecond = Number(url.searchParams.get("rate"));
    const startedAt = performance.now();
    const all: Promise<unknown>[] = [];
    for (let made = 0; made < changes; ) {
      const due = Math.min(changes, ((performance.now() - startedAt) / 1000) * perSecond);
      for (; made < due; made += 1) {
        const data = { cpu: made, at: Date.now(), text: "x".repeat(300) };
        all.push(manager.apply({ type: "host_metrics", target: `host-${made % 1000}`, data }));
      }
      await Promise.all(all.splice(0));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return { changes };
  }

  function facts(): Facts {
    const { resumed, fullStates, snapshotBuilds, tooSlow, connections } = sync.metrics;
    return {
      epoch: manager.epoch,
      version: manager.version,
      digest: manager.capture().digest,
      memory: process.memoryUsage(),
      now: Date.now(),
      loop: { p50Ms: delay.percentile(50) / 1e6, p99Ms: delay.percentile(99) / 1e6 },
      sync: { resumed, fullStates, snapshotBuilds, tooSlow, connections },
    };
  }
}

function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}
