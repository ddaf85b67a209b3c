import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { type Alias, build, defineConfig, type Plugin } from "vite";

/** `npm run dev` finds a running server here. It needs `--allowed-origin http://localhost:5173`. */
const server = "http://127.0.0.1:8080";

const root = fileURLToPath(new URL("../../..", import.meta.url));

const alias = ["packages", "apps/fleet"].flatMap((group) =>
  readdirSync(join(root, group)).flatMap((folder) => sourcesOf(join(root, group, folder))),
);

export default defineConfig({
  plugins: [react(), serviceWorker(alias)],
  resolve: { alias },
  build: {
    target: ["chrome123", "firefox121", "safari17.5"],
    // The page's policy allows no `data:` address. What is preloaded before the service worker has begun is loaded again by Chromium, with a
    // warning, so nothing is: the service worker has all files there already.
    assetsInlineLimit: 0,
    modulePreload: false,
    chunkSizeWarningLimit: 700,
  },
  experimental: {
    // The server may stand below a path: it rewrites the addresses of the index, and files find each other from where they are.
    renderBuiltUrl: (file, { hostType }) => (hostType === "html" ? `/${file}` : { relative: true }),
  },
  server: {
    proxy: {
      "/api": server,
      "/sync": { target: server, ws: true },
    },
  },
});

/**
 * Our own packages come from their sources, so that nothing has to be built before the page. The condition `source` can't be used
 * for that: react-aria has one too, and means another thing.
 */
function sourcesOf(folder: string): { find: RegExp; replacement: string }[] {
  const path = join(folder, "package.json");
  if (!existsSync(path)) return [];
  const description: PackageDescription = JSON.parse(readFileSync(path, "utf8"));
  return Object.entries(description.exports ?? {}).flatMap(([entry, { source }]) =>
    source === undefined
      ? []
      : [{ find: new RegExp(`^${description.name}${entry.slice(1)}$`), replacement: join(folder, source) }],
  );
}

interface PackageDescription {
  readonly name: string;
  readonly exports?: Readonly<Record<string, { readonly source?: string }>>;
}

/** When the page has been written, the service worker is built behind it, with the list of the page's files in it. */
function serviceWorker(aliases: Alias[]): Plugin {
  return {
    name: "neverstale-service-worker",
    apply: "build",
    async writeBundle({ dir }) {
      const folder = dir ?? this.environment.config.build.outDir;
      const files = filesIn(folder).filter(
        (name) => name !== "index.html" && name !== WORKER && !name.endsWith(".map"),
      );
      const hash = createHash("sha256");
      for (const name of ["index.html", ...files]) hash.update(`${name}\n`).update(readFileSync(join(folder, name)));
      const define = { KEPT_FILES: JSON.stringify(files), BUILD: JSON.stringify(hash.digest("hex").slice(0, 16)) };
      await build({
        configFile: false,
        logLevel: "error",
        publicDir: false,
        resolve: { alias: aliases },
        define,
        build: {
          outDir: folder,
          emptyOutDir: false,
          target: ["chrome123", "firefox121", "safari17.5"],
          rollupOptions: {
            input: fileURLToPath(new URL("src/offline/io/service-worker.ts", import.meta.url)),
            output: { format: "iife", entryFileNames: WORKER },
          },
        },
      });
    },
  };
}

const WORKER = "service-worker.js";

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).split(sep).join("/"))
    .sort();
}
