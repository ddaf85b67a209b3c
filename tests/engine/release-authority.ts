/**
 * One release of a program over SQLite runs as a process of its own: `node --conditions=source release-authority.ts DATABASE
 * PORT`. RELEASE says which release it is, and which collections hold records. Its store works in steps so small that a kill
 * meets folds and trimming half done.
 */

import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type Change, SyncError } from "@neverstale/protocol";
import { StateManager } from "@neverstale/server";
import { migrationOf, modelsOf, type Release } from "@neverstale/sim";
import { sqliteStore } from "@neverstale/store-sqlite";

/** RELEASE holds this, as JSON. */
export interface Started {
  readonly release: Release;
  readonly holds: readonly string[];
}

if (import.meta.main) await main(process.argv[2] ?? "", Number(process.argv[3]));

async function main(database: string, port: number): Promise<void> {
  const { release, holds } = JSON.parse(process.env.RELEASE ?? "") as Started;
  const models = modelsOf(release, new Set(holds));
  const settings = { sliceMs: 0, rowsAtOnce: 2, rowsPerLook: 1, rowsPerMessage: 8, trimRows: 4, checkpointPages: 16 };
  const manager = await StateManager.open({
    model: models.main,
    spaces: models.others,
    store: sqliteStore(database, { retention: { logChanges: 20 }, settings }),
    migrate: (state) => migrationOf(release, state),
    limits: { foldMs: 20 },
    onFailure: () => process.exit(70),
  });
  const http = createServer((request, response) => {
    answer(request).then(
      (body) => response.end(JSON.stringify(body)),
      (error: unknown) => response.writeHead(error instanceof SyncError ? 422 : 500).end(String(error)),
    );
  });
  http.listen(port, "127.0.0.1", () => console.log(`listening on ${(http.address() as AddressInfo).port}`));

  async function answer(request: IncomingMessage): Promise<unknown> {
    if (request.method === "GET") {
      return Object.fromEntries(Object.entries(manager.state).map(([name, records]) => [name, [...records.values()]]));
    }
    const changes = JSON.parse((await request.toArray()).join("")) as Change[];
    const { version } = await manager.transact(() => changes as never);
    return { version };
  }
}
