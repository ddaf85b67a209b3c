import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

// `vite build` makes two things: the page, and what renders its first paint on the server.
export default defineConfig({
  plugins: [vue()],
  builder: {},
  environments: {
    client: { build: { outDir: "dist/client" } },
    ssr: { build: { outDir: "dist/server", rolldownOptions: { input: "src/page/render.ts" } } },
  },
});
