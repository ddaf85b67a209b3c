/** The publisher holds the state and hands one message for the changes of a turn to `nats-server`, which sends it to everyone. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { ContenderServer, StartServer } from "../../harness/contender.ts";
import { type AnyChange, type AnyRecord, initialNestedRecords, initialRecords } from "../../harness/records.ts";
import { CHANGES, JOIN, STATE } from "./subjects.ts";

/** It has no persistence and no versions here, so a client that comes back gets the full state. */
export function startServer(): StartServer {
  return async ({ records, shape, folder }) => {
    const [port, webSocketPort] = [await freePort(), await freePort()];
    const config = `${folder}/nats.conf`;
    writeFileSync(config, configOf(port, webSocketPort));
    const broker = spawn("nats-server", ["-c", config], { stdio: "ignore" });
    const line = await lineTo(port);
    const initial: readonly AnyRecord[] = shape === "nested" ? initialNestedRecords(records) : initialRecords(records);
    const publisher = new Publisher(line, initial);
    return {
      port: webSocketPort,
      change: (change) => {
        publisher.change(change);
        return null;
      },
      records: () => publisher.state.values(),
      metrics: () => ({}),
      close: async () => {
        line.destroy();
        broker.kill("SIGKILL");
        await once(broker, "exit");
      },
    } satisfies ContenderServer;
  };
}

function configOf(port: number, webSocketPort: number): string {
  return `host: 127.0.0.1
port: ${port}
max_payload: 8MB
max_connections: 20000
ping_interval: "1h"
websocket { host: "127.0.0.1", port: ${webSocketPort}, no_tls: true }
`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** The broker takes a moment to listen. */
async function lineTo(port: number): Promise<Socket> {
  for (let attempt = 0; ; attempt += 1) {
    const socket = connect(port, "127.0.0.1");
    try {
      await once(socket, "connect");
      socket.setNoDelay(true);
      return socket;
    } catch (error) {
      if (attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

class Publisher {
  readonly state: Map<string, AnyRecord>;
  readonly #line: Socket;
  #turn: AnyChange[] = [];
  #joined = false;
  #unread = "";

  constructor(line: Socket, initial: readonly AnyRecord[]) {
    this.#line = line;
    this.state = new Map(initial.map((record) => [record.id, record]));
    line.setEncoding("latin1").on("data", (text: string) => this.#read(text));
    line.write(`CONNECT {"verbose":false,"pedantic":false,"echo":false}\r\nSUB ${JOIN} 1\r\n`);
  }

  change(change: AnyChange): void {
    const before = this.state.get(change.id);
    if (before === undefined) throw new Error(`no record ${change.id}`);
    this.state.set(change.id, { ...before, ...change });
    this.#turn.push(change);
    if (this.#turn.length === 1) setImmediate(() => this.#flush());
  }

  /** The broker sends lines: those who have joined, and its pings. */
  #read(text: string): void {
    const lines = (this.#unread + text).split("\r\n");
    this.#unread = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "PING") this.#line.write("PONG\r\n");
      if (line.startsWith(`MSG ${JOIN} `)) this.#sendState();
    }
  }

  /** All who join in one turn get the same message. */
  #sendState(): void {
    if (this.#joined) return;
    this.#joined = true;
    setImmediate(() => {
      this.#joined = false;
      this.#flush();
      this.#publish(STATE, JSON.stringify({ type: "init", records: [...this.state.values()] }));
    });
  }

  #flush(): void {
    if (this.#turn.length === 0) return;
    const message = JSON.stringify({ type: "changes", changes: this.#turn });
    this.#turn = [];
    this.#publish(CHANGES, message);
  }

  #publish(subject: string, message: string): void {
    const payload = Buffer.from(message);
    this.#line.cork();
    this.#line.write(`PUB ${subject} ${payload.length}\r\n`);
    this.#line.write(payload);
    this.#line.write("\r\n");
    this.#line.uncork();
  }
}
