import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** `npm run dev` finds a running server here. It needs `--allowed-origin http://localhost:5173`. */
const server = "http://127.0.0.1:8080";

const packages = fileURLToPath(new URL("../../../packages", import.meta.url));
const domain = fileURLToPath(new URL("../domain/src", import.meta.url));

export default defineConfig({
  plugins: [react()],
  resolve: {
    // Our own packages come from their sources. The condition `source` can't be used: react-aria has one too, and means another thing.
    alias: [
      { find: /^@neverstale\/(protocol|client|react)$/, replacement: `${packages}/$1/src/index.ts` },
      // These parts of the domain bring no validators along. The page imports nothing but types from the others.
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
