import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where `npm run dev` finds a running server; it needs `--allowed-origin http://localhost:5173`. */
const server = "http://127.0.0.1:8080";

const packages = fileURLToPath(new URL("../../../packages", import.meta.url));
const domain = fileURLToPath(new URL("../domain/src", import.meta.url));

export default defineConfig({
  plugins: [react()],
  resolve: {
    // Our own packages from their sources. Not by the condition `source`: react-aria has one too, and means another thing.
    alias: [
      { find: /^@neverstale\/(protocol|client|react)$/, replacement: `${packages}/$1/src/index.ts` },
      // The parts of the domain that bring no validators along. Of the others the page takes types alone.
      { find: "@neverstale/fleet-domain/schema-free", replacement: `${domain}/schema-free.ts` },
    ],
  },
  build: {
    target: ["chrome123", "firefox121", "safari17.5"],
    // The page's policy allows no `data:` address, and browsers of this age preload modules by themselves.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: {
      "/api": server,
      "/sync": { target: server, ws: true },
    },
  },
});
