/** A process that is one of several nodes has this: its address, the database that it shares, and the way to the other nodes. */

import { createServer } from "node:net";
import { type HttpNodes, httpNodes, type Retention, type Store } from "@neverstale/server";
import type { Log } from "../../fleet/log.ts";
import { TrustedProxies } from "../../http/io/client-address.ts";
import { type NodeSettings, nodeAddressOf } from "../node-settings.ts";

export interface FleetNodes {
  readonly address: string;
  readonly store: Store;
  readonly http: HttpNodes;
}

export interface FleetNodesOptions extends NodeSettings {
  readonly port: number;
  readonly trustedProxies?: readonly string[];
  readonly retention: Partial<Retention>;
}

/** It returns null for a server that keeps a store of its own. */
export async function fleetNodes(options: FleetNodesOptions, log: Log): Promise<FleetNodes | null> {
  const { storeUrl, port, trustedProxies = [], retention } = options;
  if (storeUrl === undefined) return null;
  const { postgresStore } = await import("@neverstale/store-postgres"); // A server with a file has no use for the driver.
  const proxies = new TrustedProxies(trustedProxies);
  return {
    address: nodeAddressOf(options, port),
    store: postgresStore(storeUrl, { retention }),
    http: httpNodes({
      addressOf: (request) => proxies.addressOf(request),
      onUnreachable: (node) =>
        log.error(
          node,
          "a node can't be reached where its --node-address says: requests that change something may fail",
        ),
    }),
  };
}

/** A node tells the others its address before it listens. So a port that is to be any free one is chosen before. */
export async function portOf({ storeUrl, nodeAddress, host }: NodeSettings, port: number): Promise<number> {
  if (port !== 0 || storeUrl === undefined || nodeAddress !== undefined) return port;
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, resolve);
  });
  const bound = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof bound === "object" && bound !== null ? bound.port : 0;
}
