// @vitest-environment jsdom
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { nodeEnvironment, StateSync } from "@neverstale/client";
import { collection, defineModel, patch, put } from "@neverstale/protocol";
import { memoryStore, StateManager, serveSync } from "@neverstale/server";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Hosts, showPage } from "./page.tsx";

const model = defineModel({
  model: 1,
  collections: { hosts: collection<{ id: string; status: string }>() },
  changes: { host_added: put("hosts"), host_updated: patch("hosts") },
});

test("a page shows the hosts of a server, and follows their changes", async () => {
  const manager = await StateManager.open({ model, store: memoryStore() });
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  serveSync(server, { manager });
  const { port } = server.address() as AddressInfo;
  await manager.apply({ type: "host_added", target: "web-1", data: { status: "starting" } });
  const sync = new StateSync<Hosts>({ url: `ws://127.0.0.1:${port}/sync`, io: nodeEnvironment({ WebSocket }) });
  const root = document.createElement("div");

  const page = showPage(root, sync);
  await expect.poll(() => root.textContent).toBe("live: web-1 is starting");
  await manager.apply({ type: "host_updated", target: "web-1", data: { status: "up" } });
  await expect.poll(() => root.textContent).toBe("live: web-1 is up");

  page.unmount();
  sync.stop();
  await manager.close();
  server.close();
});

test("packages/react/README.md shows the example as it is", () => {
  const read = (path: string) => readFileSync(join(import.meta.dirname, path), "utf8");

  expect(read("../packages/react/README.md")).toContain(`\`\`\`tsx\n${read("page.tsx")}\`\`\``);
});
