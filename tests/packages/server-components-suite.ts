/** The hooks are imported by a server component, and the first paint has the state. */

import { describe, expect, test } from "vitest";
import type { PackedWorld } from "./world.ts";

export function describeServerComponents(world: () => PackedWorld): void {
  describe("server components", () => {
    test("a server component imports the hooks' package and hands the state to a component of the page", async () => {
      const outside = await world().outside();
      for (const [path, text] of Object.entries(APP)) outside.write(path, text);
      const own = ["protocol", "react", "server"].map((name) => `@neverstale/${name}`);
      await outside.install(...own, "react@^19", "react-dom@^19", "vite@^8", "@vitejs/plugin-rsc@^0.5");

      await outside.run("npx", ["vite", "build"]);
      const html = await outside.run("node", ["print.js"]);

      expect(html).toContain("<p>function</p>");
      expect(html).toContain('<ul title="stale"><li>web-1</li></ul>');
    });
  });
}

const APP = {
  "package.json": JSON.stringify({ type: "module" }),
  "vite.config.js": `
    import rsc from "@vitejs/plugin-rsc";
    export default {
      plugins: [rsc({ entries: { rsc: "./src/server.jsx", ssr: "./src/html.jsx", client: "./src/browser.jsx" } })],
    };`,
  "src/server.jsx": `
    import { collection, defineModel, put } from "@neverstale/protocol";
    import { SyncProvider } from "@neverstale/react";
    import { memoryStore, StateManager } from "@neverstale/server";
    import { renderToReadableStream } from "@vitejs/plugin-rsc/rsc";
    import { Board } from "./board.jsx";

    const model = defineModel({ model: 1, collections: { hosts: collection() }, changes: { host_added: put("hosts") } });
    const manager = await StateManager.open({ model, store: memoryStore() });
    await manager.apply({ type: "host_added", target: "web-1", data: {} });

    export default async function answer() {
      const page = (
        <html lang="en">
          <body>
            <p>{typeof SyncProvider}</p>
            <Board initial={manager.initialState()} />
          </body>
        </html>
      );
      const html = await import.meta.viteRsc.loadModule("ssr", "index");
      return new Response(await html.render(renderToReadableStream(page)));
    }`,
  "src/html.jsx": `
    import { createFromReadableStream } from "@vitejs/plugin-rsc/ssr";
    import { renderToReadableStream } from "react-dom/server.edge";

    export async function render(stream) {
      return renderToReadableStream(await createFromReadableStream(stream));
    }`,
  "src/browser.jsx": `import "@vitejs/plugin-rsc/browser";`,
  "src/board.jsx": `
    "use client";
    import { SyncProvider, useCollection, useStateSync, useSync } from "@neverstale/react";

    export function Board({ initial }) {
      const sync = useStateSync({ url: "/sync", initial });
      return <SyncProvider sync={sync}><Hosts /></SyncProvider>;
    }

    function Hosts() {
      const hosts = useCollection("hosts");
      const status = useSync((view) => view.status.type);
      return <ul title={status}>{hosts.map(({ id }) => <li key={id}>{id}</li>)}</ul>;
    }`,
  "print.js": `
    const { default: answer } = await import("./dist/rsc/index.js");
    console.log(await (await answer()).text());
    process.exit();`,
};
