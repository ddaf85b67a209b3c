/**
 * A node of a program that is no fleet runs as a process: it has one space, which signed-in people follow at `/sync` and everybody at
 * `/public/board`. It is started as `node --conditions=source tests/nodes/board-node.ts STORE_URL PORT BEACON_MS`, and SIGTERM ends it.
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { collection, defineModel, put, type StateOf } from "@neverstale/protocol";
import { httpNodes, StateManager, serveHttp, serveSync } from "@neverstale/server";
import { postgresStore } from "@neverstale/store-postgres";

const model = defineModel({
  model: 1,
  collections: { entries: collection<{ readonly id: string; readonly at: number; readonly text: string }>() },
  changes: { entry_put: put("entries") },
});

export type Board = StateOf<typeof model>;

/** `GET /facts` tells these. */
export interface BoardFacts {
  readonly role: string;
  readonly version: number;
  readonly digest: string;
  readonly connections: number;
  readonly polls: number;
  readonly streams: number;
  readonly readers: number;
  readonly fullStates: number;
}

if (import.meta.main) await main(process.argv[2] ?? "", Number(process.argv[3]), Number(process.argv[4]));

async function main(storeUrl: string, port: number, beaconMs: number): Promise<void> {
  const nodes = httpNodes();
  const http = createServer((request, response) => {
    if (reading.handle(request, response)) return;
    answer(request, response).catch((error) => response.writeHead(503).end(`${error.code}: ${error.message}`));
  });
  // nginx keeps connections for a minute.
  http.keepAliveTimeout = 72_000;
  nodes.serve(http);
  http.listen(port, "127.0.0.1");
  const node = { address: `http://127.0.0.1:${port}`, link: nodes.link };
  const manager = await StateManager.open({ model, store: postgresStore(storeUrl), node });
  const served = { manager: manager as unknown as StateManager, beaconMs };
  const sync = serveSync(http, served);
  const reading = serveHttp({
    ...served,
    path: (path) => path === "/sync" || path === "/public/board",
    publicSpace: (path) => (path === "/public/board" ? "main" : null),
  });
  process.once("SIGTERM", async () => {
    await manager.close();
    process.exit(0);
  });
  console.log("open");

  /** `POST /put/<id>?text=…&times=…&perSecond=…` changes an entry at the writer, again and again at so many a second. */
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "", node.address);
    if (pathname === "/facts") return void response.end(JSON.stringify(facts()));
    if (!pathname.startsWith("/put/")) return void response.writeHead(404).end();
    if (await nodes.forward(request, response)) return;
    const times = Number(searchParams.get("times") ?? 1);
    const startedAt = performance.now();
    for (let made = 0; made < times; made += 1) {
      const dueAt = startedAt + (made * 1_000) / Number(searchParams.get("perSecond") ?? 1);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueAt - performance.now())));
      const data = { at: Date.now(), text: searchParams.get("text") ?? "" };
      await manager.apply({ type: "entry_put", target: `${pathname.slice(5)}-${made % 50}`, data });
    }
    response.end();
  }

  function facts(): BoardFacts {
    const { polls, streams, readers } = reading.httpMetrics;
    return {
      role: manager.node?.role ?? "alone",
      version: manager.version,
      digest: manager.capture().digest,
      connections: sync.metrics.connections,
      polls,
      streams,
      readers,
      fullStates: Object.values(sync.metrics.fullStates).reduce((sum, count) => sum + count, 0),
    };
  }
}
