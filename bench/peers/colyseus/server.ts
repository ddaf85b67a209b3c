/** Colyseus runs as its guide says: it has a room whose state is a schema, and sends each client every 50 ms what has moved. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { matchMaker, Room, Server } from "@colyseus/core";
import { WebSocketTransport } from "@colyseus/ws-transport";
import type { ContenderServer, StartServer } from "../../harness/contender.ts";
import {
  type AnyChange,
  type BenchChange,
  initialNestedRecords,
  initialRecords,
  type NestedChange,
} from "../../harness/records.ts";
import { BenchState, ColyseusHost, ColyseusMetrics, NestedHost, NestedState, plainRecord } from "./state.ts";

class BenchRoom extends Room {
  override state = new BenchState();

  override onCreate(options: { records: number }): void {
    this.autoDispose = false;
    for (const record of initialRecords(options.records))
      this.state.hosts.set(record.id, new ColyseusHost().assign(record));
  }

  set({ id, cpu, memory, seq }: BenchChange): void {
    const host = this.state.hosts.get(id);
    if (host === undefined) throw new Error(`no record ${id}`);
    host.cpu = cpu;
    host.memory = memory;
    host.seq = seq;
  }
}

class NestedRoom extends Room {
  override state = new NestedState();

  override onCreate(options: { records: number }): void {
    this.autoDispose = false;
    for (const { metrics, ...facts } of initialNestedRecords(options.records)) {
      const host = new NestedHost().assign(facts);
      host.metrics = new ColyseusMetrics().assign(metrics);
      this.state.hosts.set(facts.id, host);
    }
  }

  set({ id, metrics }: NestedChange): void {
    const held = this.state.hosts.get(id)?.metrics;
    if (held === undefined) throw new Error(`no record ${id}`);
    held.cpu = metrics.cpu;
    held.memory = metrics.memory;
    held.load = metrics.load;
    held.seq = metrics.seq;
  }
}

export function startServer(): StartServer {
  return async ({ records, shape }) => {
    const http = createServer();
    const server = new Server({
      transport: new WebSocketTransport({ server: http }),
      greet: false,
      gracefullyShutdown: false,
    });
    server.define("bench", shape === "nested" ? NestedRoom : BenchRoom);
    await server.listen(0, "127.0.0.1");
    const { roomId } = await matchMaker.createRoom("bench", { records });
    const room = matchMaker.getLocalRoomById(roomId) as BenchRoom | NestedRoom;
    return {
      port: (http.address() as AddressInfo).port,
      change: (change: AnyChange) => {
        if (room instanceof NestedRoom) room.set(change as NestedChange);
        else room.set(change as BenchChange);
        return null;
      },
      records: () => [...room.state.hosts.values()].map(plainRecord),
      metrics: () => ({}),
      close: () => server.gracefullyShutdown(false),
    } satisfies ContenderServer;
  };
}
