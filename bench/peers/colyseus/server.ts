/** Colyseus runs as its guide says: it has a room whose state is a schema, and sends each client every 50 ms what has moved. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { matchMaker, Room, Server } from "@colyseus/core";
import { WebSocketTransport } from "@colyseus/ws-transport";
import type { ContenderServer, StartServer } from "../../harness/contender.ts";
import { initialRecords } from "../../harness/records.ts";
import { BenchState, ColyseusHost, plainRecord } from "./state.ts";

class BenchRoom extends Room {
  override state = new BenchState();

  override onCreate(options: { records: number }): void {
    this.autoDispose = false;
    for (const record of initialRecords(options.records))
      this.state.hosts.set(record.id, new ColyseusHost().assign(record));
  }
}

export function startServer(): StartServer {
  return async ({ records }) => {
    const http = createServer();
    const server = new Server({
      transport: new WebSocketTransport({ server: http }),
      greet: false,
      gracefullyShutdown: false,
    });
    server.define("bench", BenchRoom);
    await server.listen(0, "127.0.0.1");
    const { roomId } = await matchMaker.createRoom("bench", { records });
    const { state } = matchMaker.getLocalRoomById(roomId) as BenchRoom;
    return {
      port: (http.address() as AddressInfo).port,
      change: ({ id, cpu, memory, seq }) => {
        const host = state.hosts.get(id);
        if (host === undefined) throw new Error(`no record ${id}`);
        host.cpu = cpu;
        host.memory = memory;
        host.seq = seq;
        return null;
      },
      records: () => [...state.hosts.values()].map(plainRecord),
      metrics: () => ({}),
      close: () => server.gracefullyShutdown(false),
    } satisfies ContenderServer;
  };
}
