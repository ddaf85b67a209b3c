/**
 * A node of the engine runs as a process of its own, for scripts that break what is around it: PostgreSQL, a sync endpoint, the link to
 * the other nodes, and HTTP to change and to look. It is started as `node --conditions=source tests/faults/stage/nodes/store-node.ts
 * DATABASE_URL PORT BEACON_MS`. The other nodes reach it at the address NODE_ADDRESS.
 */

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Change, SyncError, timeOfKey } from "@neverstale/protocol";
import { httpNodes, StateManager, serveSync } from "@neverstale/server";
import { postgresStore } from "@neverstale/store-postgres";
import { model } from "../../../engine/authority.ts";

/** `GET /facts` tells these. */
export interface NodeFacts {
  readonly epoch: string;
  readonly version: number;
  readonly digest: string;
  readonly role: "follower" | "writer" | "reloading";
  readonly isServing: boolean;
  readonly lag: number;
  readonly confirmationAgeMs: number;
  /** Its wall clock says this. */
  readonly now: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly sync: {
    readonly resumed: number;
    readonly steps: number;
    readonly fullStates: Readonly<Record<string, number>>;
  };
}

if (import.meta.main) await main(process.argv[2] ?? "", Number(process.argv[3]), Number(process.argv[4]));

async function main(database: string, port: number, beaconMs: number): Promise<void> {
  const nodes = httpNodes();
  const http = createServer((request, response) => {
    answer(request, response).catch((error) => refuse(response, error));
  });
  nodes.serve(http);
  await new Promise<void>((resolve) => http.listen(port, "127.0.0.1", resolve));
  const node = { address: process.env.NODE_ADDRESS ?? "", link: nodes.link };
  const onFailure = () => process.exit(70);
  const manager = await StateManager.open({ model, store: postgresStore(database), node, onFailure });
  const sync = serveSync(http, { manager: manager as unknown as StateManager, beaconMs });
  console.log(`listening on ${(http.address() as AddressInfo).port}`);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === "/facts") return json(response, facts());
    if (await nodes.forward(request, response)) return;
    const body = (await request.toArray()).join("");
    const id = String(request.headers["idempotency-key"]);
    const madeAt = timeOfKey(id);
    const bodyHash = createHash("sha256").update(body).digest("base64url");
    const key = { id, bodyHash, ...(madeAt === null ? {} : { madeAt }) };
    const { epoch, version } = await manager.apply(JSON.parse(body) as Change & { type: "host_added" }, { key });
    json(response, { epoch, version });
  }

  function facts(): NodeFacts {
    const { epoch, version, digest } = manager.capture();
    const { role = "follower", isServing = false, lag = 0, confirmationAgeMs = 0 } = manager.node ?? {};
    const { resumed, steps, fullStates } = sync.metrics;
    return {
      ...{ epoch, version, digest, role, isServing, lag, confirmationAgeMs },
      now: Date.now(),
      metrics: manager.metrics(),
      sync: { resumed, steps, fullStates },
    };
  }
}

function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, error: unknown): void {
  const { code = "bug", hint = "" } = error instanceof SyncError ? error : {};
  const message = error instanceof Error ? error.message : String(error);
  response.writeHead(503, { "Content-Type": "application/json" }).end(JSON.stringify({ code, message, hint }));
}
