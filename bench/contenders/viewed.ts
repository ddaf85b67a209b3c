/** The engine has views here. Its variant says of how many of them its followers are, in turn. All of them show the whole state. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { defineView } from "@neverstale/protocol";
import { StateManager, serveSync } from "@neverstale/server";
import { sqliteStore } from "@neverstale/store-sqlite";
import type { StartServer } from "../harness/contender.ts";
import { benchModel, engineChange, fill } from "./engine.ts";

/** Some fields are listed by a role, so their moves are remembered. */
const views = defineView(benchModel, {
  keys: { hosts: ({ role }) => [`role:${role}`] },
  roles: { owner: { hosts: "*" }, guest: { hosts: ["hostname", "cpu", "memory", "seq"] } },
});

const ROLES = ["web", "database", "queue", "cache", "build", "backup"];

/** Each has a key of its own that no record has, so that no two of them are one. */
function granted(count: number) {
  const shown = ROLES.map((role) => [`role:${role}`, "owner"] as const);
  return Array.from({ length: count }, (_, n) => views.of(Object.fromEntries([...shown, [`follower:${n}`, "owner"]])));
}

export function startServer(variant: string): StartServer {
  return async ({ records, folder }) => {
    const open = () =>
      StateManager.open({ model: benchModel, store: sqliteStore(`${folder}/bench.db`), views: [views] });
    const manager = await open();
    await fill(manager, records);
    const http = createServer();
    const followed = granted(Number(variant));
    let connections = 0;
    const sync = serveSync(http, {
      manager,
      path: "/sync",
      authorize: async () => {
        connections += 1;
        const view = followed[connections % followed.length];
        if (view === undefined) throw new Error("nobody follows this one");
        return { space: "main", subject: null, view };
      },
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    return {
      port: (http.address() as AddressInfo).port,
      change: (change) => manager.apply(engineChange(change)),
      records: () => manager.state.hosts.values(),
      metrics: () => manager.metrics(),
      close: async () => {
        await sync.close();
        http.close();
        await manager.close();
      },
      stored: async () => {
        const again = await open();
        const stored = [...again.state.hosts.values()];
        await again.close();
        return stored;
      },
    };
  };
}
