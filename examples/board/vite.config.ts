import { defineConfig } from "vite";

// While you develop, Vite serves the page, and hands on what is for your server. `Host` stays the page's own, which the server asks for.
const toServer = { target: "http://127.0.0.1:3000", ws: true };

export default defineConfig({
  server: { proxy: { "/sync": toServer, "/mutations": toServer } },
});
