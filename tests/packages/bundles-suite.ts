/** The packages are bundled, for servers and for pages, and what was bundled runs where nothing is installed. */

import { cpSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../../scripts/run.ts";
import type { Outside } from "./outside.ts";
import type { PackedWorld } from "./world.ts";

export function describeBundles(world: () => PackedWorld): void {
  describe("bundled", () => {
    let outside: Outside;

    beforeAll(async () => {
      outside = await world().outside();
      outside.write("package.json", JSON.stringify({ type: "module" }));
      const own = ["client", "protocol", "react", "server", "store-sqlite"].map((name) => `@neverstale/${name}`);
      await outside.install(...own, "react@^19", "react-dom@^19", "zod@^4", "esbuild@^0.28", "rolldown@^1", "vite@^8");
      for (const example of ["durable.ts", "mutation.ts", "page.tsx"])
        outside.write(example, readFileSync(join(ROOT, "examples", example), "utf8"));
      outside.write("entry.ts", PAGE_ENTRY);
      outside.write("server.config.js", `export default ${JSON.stringify(SERVER_BY_VITE)};`);
      outside.write("page.config.js", `export default ${JSON.stringify(PAGE_BY_VITE)};`);
    });

    test.each(Object.keys(BUNDLERS))("a server runs from what %s makes of it, and makes backups", async (bundler) => {
      await outside.run("npx", BUNDLERS[bundler]?.server ?? []);
      const alone = await world().outside();
      cpSync(join(outside.folder, "out", bundler), alone.folder, { recursive: true });
      alone.write("package.json", JSON.stringify({ type: "module" }));

      expect(await alone.run("node", ["durable.js"])).toContain("1 on disk\nrestored");
      expect(await alone.run("node", ["durable.js"])).toContain("2 on disk\nrestored");
      expect(await alone.run("node", ["mutation.js"])).toBe("shown at once: Buy milk 1\ndone 1 0\n");
    });

    test.each(Object.keys(BUNDLERS))("a page is made by %s, and nothing of Node is in it", async (bundler) => {
      await outside.run("npx", BUNDLERS[bundler]?.page ?? []);

      const parts = globSync(`pages/${bundler}/**/*.js`, { cwd: outside.folder });
      const text = parts.map((part) => readFileSync(join(outside.folder, part), "utf8")).join("\n");
      expect(text.length).toBeGreaterThan(100_000);
      expect(text).not.toMatch(/["'`]node:|\brequire\(["'`](fs|crypto|worker_threads|events|stream)["'`]/);
    });

    test("of a thread that a bundle lacks a server is told when it asks for one, and it runs once it is put beside", async () => {
      outside.write("worker.ts", WORKER_SERVER);
      const alone = await world().outside();
      alone.write("package.json", JSON.stringify({ type: "module" }));
      const bundle = (entry: string, name: string) =>
        outside.run("npx", ["rolldown", entry, "--platform", "node", "--file", join(alone.folder, name)]);

      await bundle("worker.ts", "worker.js");
      await expect(alone.run("node", ["worker.js"])).rejects.toThrow("Bundle @neverstale/store-sqlite/writer-worker");
      await bundle("node_modules/@neverstale/store-sqlite/dist/io/writer-worker.js", "writer-worker.js");

      expect(await alone.run("node", ["worker.js"])).toBe("version 1\n");
    });
  });
}

/** Modules of CommonJS ask for Node's own modules by `require`, which esbuild leaves to whoever bundles them. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
const SERVERS = ["durable.ts", "mutation.ts"];

const BUNDLERS: Readonly<Record<string, { readonly server: readonly string[]; readonly page: readonly string[] }>> = {
  esbuild: {
    server: [
      ...["esbuild", ...SERVERS, "--bundle", "--platform=node", "--format=esm", "--outdir=out/esbuild"],
      `--banner:js=${REQUIRE}`,
    ],
    page: ["esbuild", "entry.ts", "--bundle", "--minify", "--outfile=pages/esbuild/page.js"],
  },
  rolldown: {
    server: ["rolldown", ...SERVERS, "--platform", "node", "--dir", "out/rolldown"],
    page: ["rolldown", "entry.ts", "--platform", "browser", "--minify", "--dir", "pages/rolldown"],
  },
  vite: {
    server: ["vite", "build", "--config", "server.config.js"],
    page: ["vite", "build", "--config", "page.config.js"],
  },
};

const SERVER_BY_VITE = {
  ssr: { noExternal: true },
  build: { ssr: true, outDir: "out/vite", rolldownOptions: { input: SERVERS } },
};

const PAGE_BY_VITE = {
  build: {
    outDir: "pages/vite",
    rolldownOptions: { input: "entry.ts", output: { entryFileNames: "page.js" } },
    modulePreload: { polyfill: false },
  },
};

const PAGE_ENTRY = `
import { StateSync } from "@neverstale/client";
import { mutations } from "@neverstale/client/mutations";
import { type Hosts, showPage } from "./page.tsx";

showPage(document.body, new StateSync<Hosts>({ url: "/sync", mutations: mutations() }));
`;

const WORKER_SERVER = `
import { collection, defineModel, put } from "@neverstale/protocol";
import { StateManager } from "@neverstale/server";
import { sqliteStore } from "@neverstale/store-sqlite";

const model = defineModel({ model: 1, collections: { starts: collection() }, changes: { started: put("starts") } });
const manager = await StateManager.open({ model, store: sqliteStore("worker.db", { writer: "worker" }) });
console.log("version", (await manager.apply({ type: "started", target: "one", data: {} })).version);
await manager.close();
`;
