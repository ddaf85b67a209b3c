/** Every binding's example of a page is shown over a real server, and stands in the README of its package as it is. */

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { nodeEnvironment, StateSync } from "@neverstale/client";
import { collection, defineModel, patch, put } from "@neverstale/protocol";
import { memoryStore, StateManager, serveSync } from "@neverstale/server";
import { expect, test } from "vitest";
import { WebSocket } from "ws";

const model = defineModel({
  model: 1,
  collections: { hosts: collection<{ id: string; status: string }>() },
  changes: { host_added: put("hosts"), host_updated: patch("hosts") },
});

type Hosts = { readonly hosts: ReadonlyMap<string, { readonly id: string; readonly status: string }> };
type Show = (root: HTMLElement, sync: StateSync<Hosts>) => () => unknown;

/** `show` returns what takes the page away again. */
export function describePage(binding: string, files: readonly string[], show: Show): void {
  test(`${binding}: a page shows the hosts of a server, and follows their changes`, async () => {
    const manager = await StateManager.open({ model, store: memoryStore() });
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    serveSync(server, { manager });
    const { port } = server.address() as AddressInfo;
    await manager.apply({ type: "host_added", target: "web-1", data: { status: "starting" } });
    const io = nodeEnvironment({ WebSocket });
    const sync = new StateSync<Hosts>({ url: `ws://127.0.0.1:${port}/sync`, io });
    const root = document.createElement("div");

    const end = show(root, sync);
    await expect.poll(() => root.textContent).toBe("live: web-1 is starting");
    await manager.apply({ type: "host_updated", target: "web-1", data: { status: "up" } });
    await expect.poll(() => root.textContent).toBe("live: web-1 is up");

    await end();
    sync.stop();
    await manager.close();
    server.close();
  });

  test.each(files)(`${binding}: %s stands in the README of its package as it is`, (file) => {
    const read = (path: string) => readFileSync(join(import.meta.dirname, path), "utf8");

    const code = read(file).replace("/** @jsxImportSource solid-js */\n", "");
    expect(read(`../packages/${binding}/README.md`)).toContain(`\`\`\`${extname(file).slice(1)}\n${code}\`\`\``);
  });
}
