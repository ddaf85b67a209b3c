/**
 * A node of the engine is a process of its own here, whose state is counters: `node --conditions=source library-node.ts URL PORT`.
 * With SIGTERM it hands over, sends its clients away, finishes what was asked, and ends.
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { collection, defineModel, patch, put, type StateOf, SyncError, timeOfKey } from "@neverstale/protocol";
import { httpNodes, StateManager, serveSync } from "@neverstale/server";
import { postgresStore } from "@neverstale/store-postgres";

/** So many counters are there from the start. Each has a note, so that a state is larger than what moves in a moment. */
export const COUNTERS = 400;

/** A request raises these counters, each of them once. */
export interface Raise {
  readonly ids: readonly string[];
  readonly by: number;
}

/** `GET /facts` tells these. */
export interface NodeFacts {
  readonly role: string;
  /** So many requests have come from outside. */
  readonly requests: number;
  readonly epoch: string;
  readonly version: number;
  readonly digest: string;
  readonly connections: number;
  readonly resumed: number;
  readonly steps: number;
  readonly fullStates: Readonly<Record<string, number>>;
  /** So often was anything raised, and this is the sum of what it was raised by. */
  readonly count: number;
  readonly sum: number;
  readonly metrics: Readonly<Record<string, number>>;
}

const model = defineModel({
  model: 1,
  collections: { counters: collection(null) },
  changes: { counter_made: put("counters"), counter_raised: patch("counters") },
});

type Counters = StateOf<typeof model>;

async function main(url: string, port: number): Promise<void> {
  const nodes = httpNodes();
  const node = { address: `http://127.0.0.1:${port}`, link: nodes.link };
  const manager = await StateManager.open({ model, store: postgresStore(url), migrate: makeCounters, node });
  let requests = 0;
  const underWay = new Set<Promise<void>>();
  const http = createServer((request, response) => {
    const answered = answer(request, response)
      .catch((error) => refuse(response, error))
      .finally(() => underWay.delete(answered));
    underWay.add(answered);
  });
  http.keepAliveTimeout = KEEP_ALIVE_MS;
  const stopNodes = nodes.serve(http);
  const sync = serveSync(http, { manager: manager as unknown as StateManager });
  http.listen({ port, host: "127.0.0.1", backlog: BACKLOG }, () => console.log("listening"));
  process.once("SIGTERM", () => void drain());

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === "GET") return json(response, facts());
    if (!nodes.isForwarded(request)) requests += 1;
    if (await nodes.forward(request, response)) return;
    const text = (await request.toArray()).join("");
    const id = String(request.headers["idempotency-key"]);
    const madeAt = timeOfKey(id);
    const key = { id, bodyHash: text, owner: "dispatchers", ...(madeAt === null ? {} : { madeAt }) };
    const { epoch, version } = await manager.transact(raising(JSON.parse(text) as Raise), { key });
    json(response, { epoch, version });
  }

  function facts(): NodeFacts {
    const { resumed, steps, fullStates } = sync.metrics;
    const counters = [...manager.state.counters.values()];
    const total = (field: string) => counters.reduce((sum, counter) => sum + Number(counter[field]), 0);
    return {
      ...{ role: manager.node?.role ?? "", requests, epoch: manager.epoch, version: manager.version },
      ...{ digest: manager.capture().digest, connections: sync.connectionCount, resumed, steps, fullStates },
      ...{ count: total("count"), sum: total("sum"), metrics: manager.metrics() },
    };
  }

  /** Its successor decides what comes while this node, which takes no new connections, still sends its clients away. */
  async function drain(): Promise<void> {
    const closed = new Promise((resolve) => http.close(resolve));
    await Promise.race([manager.drain(), delay(HAND_OVER_MS)]);
    await sync.drain();
    await sync.close();
    await Promise.race([Promise.all(underWay), delay(FINISH_MS)]);
    stopNodes();
    http.closeAllConnections();
    await closed;
    await manager.close();
    process.exit(0);
  }
}

function makeCounters({ counters }: Counters) {
  if (counters.size > 0) return [];
  return Array.from({ length: COUNTERS }, (_, index) => {
    const data = { count: 0, sum: 0, note: `counter ${index} `.repeat(10) };
    return { type: "counter_made" as const, target: `c${index}`, data };
  });
}

/** What it makes depends on what was there, so a request that was carried out twice, or never, shows in the sums. */
function raising({ ids, by }: Raise) {
  return ({ counters }: Counters) =>
    ids.map((id) => {
      const before = counters.get(id);
      const data = { count: Number(before?.count) + 1, sum: Number(before?.sum) + by };
      return { type: "counter_raised" as const, target: id, data };
    });
}

function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, error: unknown): void {
  const code = error instanceof SyncError ? error.code : "";
  const status = NOTHING_HAPPENED.includes(code) ? 503 : 500;
  const problem = { type: "about:blank", status, code, detail: String(error) };
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { "Content-Type": "application/problem+json" }).end(JSON.stringify(problem));
}

const NOTHING_HAPPENED = ["store_unavailable", "too_many_requests", "shutting_down"];
/** So many connections may wait: when a node dies, all its clients come to the others in one moment. */
const BACKLOG = 4_096;
/** A proxy keeps connections for 60 s, and must be the one that ends them. */
const KEEP_ALIVE_MS = 72_000;
/** The successor is waited for so long. */
const HAND_OVER_MS = 1_000;
/** Requests that are under way may take so long. */
const FINISH_MS = 10_000;

if (import.meta.main) await main(process.argv[2] ?? "", Number(process.argv[3]));
