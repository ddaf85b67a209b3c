/** Bun's own server and WebSocket: one frame for the changes of a turn, published to a topic, as its guide shows. */

import type { ContenderServer, StartServer } from "../../harness/contender.ts";
import { type AnyChange, type AnyRecord, initialNestedRecords, initialRecords } from "../../harness/records.ts";

/** This is what is used here of the runtime that runs this file. */
interface BunServer {
  readonly port: number;
  upgrade(request: Request): boolean;
  publish(topic: string, message: string): number;
  stop(closeConnections: boolean): Promise<void>;
}

interface BunSocket {
  send(message: string): number;
  subscribe(topic: string): void;
}

interface BunOptions {
  readonly hostname: string;
  readonly port: number;
  fetch(request: Request, server: BunServer): Response | undefined;
  readonly websocket: { open(socket: BunSocket): void; message(): void };
}

declare const Bun: { serve(options: BunOptions): BunServer };

const TOPIC = "hosts";

/** It has no persistence and no versions, so a client that comes back gets the full state. */
export function startServer(): StartServer {
  return async ({ records, shape }) => {
    const initial: readonly AnyRecord[] = shape === "nested" ? initialNestedRecords(records) : initialRecords(records);
    const state = new Map(initial.map((record) => [record.id, record]));
    let turn: AnyChange[] = [];
    const flush = (): void => {
      if (turn.length === 0) return;
      const message = JSON.stringify({ type: "changes", changes: turn });
      turn = [];
      server.publish(TOPIC, message);
    };
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (request, own) => (own.upgrade(request) ? undefined : new Response("a WebSocket is served here")),
      websocket: {
        open: (socket) => {
          flush();
          socket.send(JSON.stringify({ type: "init", records: [...state.values()] }));
          socket.subscribe(TOPIC);
        },
        message: () => undefined,
      },
    });
    return {
      port: server.port,
      change: (change) => {
        const before = state.get(change.id);
        if (before === undefined) throw new Error(`no record ${change.id}`);
        state.set(change.id, { ...before, ...change });
        turn.push(change);
        if (turn.length === 1) setImmediate(flush);
        return null;
      },
      records: () => state.values(),
      metrics: () => ({}),
      close: () => server.stop(true),
    } satisfies ContenderServer;
  };
}
