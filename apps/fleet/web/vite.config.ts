import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** `npm run dev` finds a running server here. It needs `--allowed-origin http://localhost:5173`. */
const server = "http://127.0.0.1:8080";

const root = fileURLToPath(new URL("../../..", import.meta.url));

export default defineConfig({
  plugins: [react()],
  resolve: {
    alias: ["packages", "apps/fleet"].flatMap((group) =>
      readdirSync(join(root, group)).flatMap((folder) => sourcesOf(join(root, group, folder))),
    ),
  },
  build: {
    target: ["chrome123", "firefox121", "safari17.5"],
    // The page's policy allows no `data:` address, and browsers of this age preload modules by themselves.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
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
