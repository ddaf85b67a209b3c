import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { StateSync } from "@neverstale/client";
import { collection, defineModel, put } from "@neverstale/protocol";
import { memoryStore, StateManager, serveSync } from "@neverstale/server";
import { expect, test } from "vitest";
import { drawnTenTimesASecond } from "./paced.ts";

type Host = { readonly id: string; readonly status: string };
type Hosts = { readonly hosts: ReadonlyMap<string, Host> };

test("a page is told of many changes at once, and the state is the newest all the time", async () => {
  const model = defineModel({
    model: 1,
    collections: { hosts: collection<Host>() },
    changes: { host_put: put("hosts") },
  });
  const manager = await StateManager.open({ model, store: memoryStore() });
  const http = createServer();
  const authorize = () => Promise.resolve({ space: "main", subject: null } as const);
  const served = serveSync(http, { manager, path: "/sync", authorize });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  const sync = drawnTenTimesASecond(new StateSync<Hosts>({ url: `ws://127.0.0.1:${port}/sync` }));
  let told = 0;
  sync.subscribeCollection("hosts", () => {
    told += 1;
  });
  await expect.poll(() => sync.view.status.type).toBe("live");

  for (let n = 1; n <= 50; n += 1) await manager.apply({ type: "host_put", target: `h${n}`, data: { status: "up" } });

  await expect.poll(() => sync.state.hosts?.size).toBe(50);
  await expect.poll(() => told).toBeGreaterThan(0);
  expect(told).toBeLessThan(50);
  sync.stop();
  await served.close();
  http.close();
  await manager.close();
});
