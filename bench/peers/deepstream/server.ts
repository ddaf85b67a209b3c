/** deepstream runs on its default server (Node's http and `ws`), with one record that holds all hosts. */

import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { DeepstreamClient } from "@deepstream/client";
import { Deepstream } from "@deepstream/server";
import type { ContenderServer, StartServer } from "../../harness/contender.ts";
import { type BenchRecord, initialRecords } from "../../harness/records.ts";

export const RECORD = "hosts";
export const JSON_PATH = "/deepstream-json";
const BINARY_PATH = "/deepstream";
const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;
/** This is deepstream's level "OFF". */
const NO_LOG = 100;

type Stored = Omit<BenchRecord, "cpu" | "memory" | "seq"> & {
  readonly metrics: Pick<BenchRecord, "cpu" | "memory" | "seq">;
};
export type Hosts = Readonly<Record<string, Stored>>;

/**
 * Its changes come from a client of its own in this process, as it has no other way in. Its other server, on a native library, is
 * not installed: see README.md.
 */
export function startServer(): StartServer {
  return async ({ records }) => {
    const port = await freePort();
    const server = new Deepstream(configuration(port));
    await new Promise<void>((resolve) => {
      server.on("started", () => resolve());
      server.start();
    });
    const client = new DeepstreamClient(`ws://127.0.0.1:${port}${BINARY_PATH}`, { maxReconnectAttempts: 0 });
    await client.login();
    const record = client.record.getRecord(RECORD);
    await record.whenReady();
    await record.setWithAck(
      Object.fromEntries(initialRecords(records).map((initial) => [initial.id, toStored(initial)])),
    );
    return {
      port,
      change: ({ id, ...metrics }) => {
        record.set(`${id}.metrics`, metrics);
        return null;
      },
      records: () => Object.values(record.get() as unknown as Hosts).map(recordOfEntry),
      metrics: () => ({}),
      close: async () => {
        client.close();
      },
    } satisfies ContenderServer;
  };
}

/** The metrics of a host stand together, so that a change is one patch. */
function toStored({ cpu, memory, seq, ...rest }: BenchRecord): Stored {
  return { ...rest, metrics: { cpu, memory, seq } };
}

export function recordOfEntry({ metrics, ...rest }: Stored): BenchRecord {
  return { ...rest, ...metrics };
}

/** deepstream must be told its port. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

function configuration(port: number) {
  const endpoint = {
    heartbeatInterval: 30_000,
    outgoingBufferTimeout: 0,
    maxBufferByteSize: 100_000,
    headers: [],
    unauthenticatedClientTimeout: 180_000,
    maxAuthAttempts: 3,
    logInvalidAuthData: false,
    maxMessageSize: MAX_MESSAGE_BYTES,
  };
  const http = { host: "127.0.0.1", port, healthCheckPath: "/health", allowAllOrigins: true, origins: [], headers: [] };
  return {
    logLevel: NO_LOG,
    showLogo: false,
    httpServer: { type: "default", options: { ...http, maxMessageSize: MAX_MESSAGE_BYTES } },
    connectionEndpoints: [
      { type: "ws-binary", options: { ...endpoint, urlPath: BINARY_PATH } },
      { type: "ws-json", options: { ...endpoint, urlPath: JSON_PATH } },
    ],
  } as unknown as ConstructorParameters<typeof Deepstream>[0];
}
