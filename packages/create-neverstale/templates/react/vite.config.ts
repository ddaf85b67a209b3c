import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// `vite build` makes two things: the page, and what renders its first paint on the server.
export default defineConfig({
  plugins: [react()],
  builder: {},
  environments: {
    client: { build: { outDir: "dist/client" } },
    ssr: { build: { outDir: "dist/server", rolldownOptions: { input: "src/page/render.tsx" } } },
  },
});
