/** The engine runs on several nodes that share a PostgreSQL. The harness's process is one of them, and the others are its children. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { httpNodes, type SharedStore, StateManager, serveSync } from "@neverstale/server";
import type { CommitGroup } from "@neverstale/server/store";
import { postgresStore } from "@neverstale/store-postgres";
import { startTestServer } from "@neverstale/store-postgres/test-server";
import { machineNow } from "../harness/clock.ts";
import type { ContenderServer, StartServer } from "../harness/contender.ts";
import type { BenchRecord } from "../harness/records.ts";
import { type BenchManager, benchModel, engineChange, fill } from "./engine.ts";

/**
 * - `one`: there is one node, which decides, and serves.
 * - `forwarding`: the changes of three nodes are asked for at one that does not decide.
 * - `following`: of three nodes this one decides, and another one serves.
 */
export type NodesVariant = "one" | "forwarding" | "following";

const OTHERS = 2;

export interface BenchNode {
  readonly port: number;
  readonly manager: BenchManager;
  /** Its store has said of these groups, which this node decided, that it has them. */
  readonly stored: readonly StoredGroup[];
  close(): Promise<void>;
}

/**
 * It is a node like those of a library's user: an http server, the engine, and the link to the others. A new store is filled with
 * the initial records by the node that decides.
 */
export async function openNode(storeUrl: string, records: number): Promise<BenchNode> {
  const nodes = httpNodes();
  const http = createServer();
  nodes.serve(http);
  const port = await listening(http);
  const node = { address: `http://127.0.0.1:${port}`, link: nodes.link };
  const stored: StoredGroup[] = [];
  const store = noting(postgresStore(storeUrl), stored);
  const manager = await StateManager.open({ model: benchModel, store, node });
  if (manager.version === 0 && manager.node?.role === "writer") await fill(manager, records);
  const authorize = () => Promise.resolve({ space: "main", subject: null } as const);
  const sync = serveSync(http, { manager, path: "/sync", authorize });
  return {
    port,
    manager,
    stored,
    close: async () => {
      await sync.close();
      http.close();
      await manager.close();
    },
  };
}

interface StoredGroup {
  readonly at: number;
  /** All changes are of the main space. */
  readonly lastVersion: number;
}

function noting(store: SharedStore, stored: StoredGroup[]): SharedStore {
  const commit = store.commit.bind(store);
  store.commit = async (group: CommitGroup) => {
    await commit(group);
    stored.push({ at: machineNow(), lastVersion: group.spaces[0]?.lastVersion ?? 0 });
  };
  return store;
}

/** The version of a change is its `seq`. */
function storedAt(stored: readonly StoredGroup[], records: number): number[] {
  const times: number[] = [];
  for (const { at, lastVersion } of stored) while (times.length < lastVersion) times.push(at);
  return times.slice(records);
}

async function listening(http: Server): Promise<number> {
  await once(http.listen(0, "127.0.0.1"), "listening");
  return (http.address() as AddressInfo).port;
}

const PROGRAM = fileURLToPath(new URL("node-process.ts", import.meta.url));

class OtherNode {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(storeUrl: string, records: number): Promise<OtherNode> {
    const child = spawn(process.execPath, ["--conditions=source", PROGRAM, storeUrl, String(records)], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    const [said] = await Promise.race([once(child, "message"), once(child, "exit")]);
    const port = (said as { readonly port?: number } | null)?.port;
    if (port === undefined) throw new Error("another node ended before it was open");
    return new OtherNode(child, port);
  }

  async end(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.disconnect();
    await ended;
  }
}

export function startServer(variant: string): StartServer {
  return async ({ records }) => {
    const database = await startTestServer({ shared_buffers: "128MB" }, tmpdir()); // A disk is what a user has.
    const others: OtherNode[] = [];
    const add = async () => void others.push(await OtherNode.start(database.url(), records));
    // Who comes first decides.
    if (variant === "forwarding") await add();
    const own = await openNode(database.url(), records);
    while (variant !== "one" && others.length < OTHERS) await add();
    await untilReady(own.manager, records, others.length);
    return {
      port: variant === "following" ? (others[0]?.port ?? own.port) : own.port,
      change: (change) => own.manager.apply(engineChange(change)),
      records: () => own.manager.state.hosts.values(),
      metrics: () => own.manager.metrics(),
      storedAt: () => storedAt(own.stored, records),
      close: async () => {
        await own.close();
        await Promise.all(others.map((other) => other.end()));
      },
      stored: async () => {
        const { manager, close } = await openNode(database.url(), records);
        const stored: BenchRecord[] = [...manager.state.hosts.values()];
        await close();
        await database.end();
        return stored;
      },
    } satisfies ContenderServer;
  };
}

/** It has all initial records, and every other node hears of what is decided as it is decided. */
async function untilReady(manager: BenchManager, records: number, others: number): Promise<void> {
  const isReady = () => manager.version >= records && manager.metrics().node_links_out === others;
  while (!isReady()) await new Promise((resolve) => setTimeout(resolve, 10));
}
