/** tldraw's sync-core runs as its example server does: a room on `ws`, with its storage in memory, or in SQLite (W6). */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";
import {
  InMemorySyncStorage,
  NodeSqliteWrapper,
  SQLiteSyncStorage,
  TLSocketRoom,
  type TLSyncStorage,
  type WebSocketMinimal,
} from "@tldraw/sync-core";
import { WebSocketServer } from "ws";
import type { ContenderServer, StartServer } from "../../harness/contender.ts";
import { type BenchChange, initialRecords } from "../../harness/records.ts";
import { benchSchema, hostId, recordOfHost, type TldrawHost, toHost } from "./schema.ts";
import { getTlsyncProtocolVersion } from "./wire.ts";

const WRITER = "writer";

/**
 * A session pushes the changes, as the sessions of its users do. What the server itself puts into the storage would travel as
 * whole records.
 */
export function startServer(variant: string): StartServer {
  return async ({ records, folder }) => {
    const storage =
      variant === "durable"
        ? durableStorage(folder, records)
        : new InMemorySyncStorage<TldrawHost>({ snapshot: snapshot(records) });
    const room = new TLSocketRoom<TldrawHost, void>({ schema: benchSchema, storage });
    const push = writerOf(room);
    const http = createServer();
    const sockets = new WebSocketServer({ server: http });
    let sessions = 0;
    sockets.on("connection", (socket) => {
      sessions += 1;
      room.handleSocketConnect({
        sessionId: `session-${sessions}`,
        socket: socket as unknown as WebSocketMinimal,
        isReadonly: true,
      });
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    return {
      port: (http.address() as AddressInfo).port,
      change: (change) => {
        push(change);
        return null;
      },
      records: () => recordsOf(storage),
      metrics: () => ({}),
      close: async () => {
        room.close();
        sockets.close();
        http.close();
      },
      stored: async () => recordsOf(reopened(folder)),
    } satisfies ContenderServer;
  };
}

function snapshot(records: number) {
  const documents = initialRecords(records).map((record) => ({ state: toHost(record), lastChangedClock: 0 }));
  return { documentClock: 0, documents, schema: benchSchema.serialize() };
}

/** It is durable in the same sense as the engine: it has a WAL, which is forced to disk at each commit. */
function durableStorage(folder: string, records: number): TLSyncStorage<TldrawHost> {
  return new SQLiteSyncStorage<TldrawHost>({ sql: database(folder), snapshot: snapshot(records) });
}

function reopened(folder: string): TLSyncStorage<TldrawHost> {
  return new SQLiteSyncStorage<TldrawHost>({ sql: database(folder) });
}

function database(folder: string): NodeSqliteWrapper {
  const opened = new DatabaseSync(`${folder}/tldraw.db`);
  opened.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  return new NodeSqliteWrapper(opened);
}

/** A session in this process pushes changes, which go the way of any client's change. */
function writerOf(room: TLSocketRoom<TldrawHost, void>): (change: BenchChange) => void {
  const socket: WebSocketMinimal = { readyState: 1, send: () => undefined, close: () => undefined };
  room.handleSocketConnect({ sessionId: WRITER, socket });
  const say = (message: unknown): void => room.handleSocketMessage(WRITER, JSON.stringify(message));
  const version = { protocolVersion: getTlsyncProtocolVersion(), schema: benchSchema.serialize() };
  say({ type: "connect", connectRequestId: WRITER, lastServerClock: -1, ...version });
  let clientClock = 0;
  return ({ id, cpu, memory, seq }) => {
    const fields = { cpu: ["put", cpu], memory: ["put", memory], seq: ["put", seq] };
    clientClock += 1;
    say({ type: "push", clientClock, diff: { [hostId(id)]: ["patch", fields] } });
  };
}

function recordsOf(storage: TLSyncStorage<TldrawHost>) {
  return storage.transaction((transaction) => [...transaction.values()].map((host) => recordOfHost(host))).result;
}
