/**
 * `npm run dev`: Vite makes the page, and brings what you edit of it into the browser. Node starts the server again when you edit what it
 * runs; open pages come back by themselves.
 */

import { readFile } from "node:fs/promises";
import { createServer as createVite } from "vite";
import type { Render } from "../shared/first-paint.ts";
import { fill, startServer } from "./server.ts";

await startServer(async (http) => {
  const vite = await createVite({
    appType: "custom",
    configLoader: "native",
    server: { middlewareMode: true, hmr: { server: http } },
  });
  return {
    async html(url, first) {
      const document = await vite.transformIndexHtml(url, await readFile("index.html", "utf8"));
      const render: Render = (await vite.ssrLoadModule("/src/page/render")).render;
      return fill(document, { first, html: await render(first) });
    },
    files: (request, response) => vite.middlewares(request, response),
    close: () => vite.close(),
  };
});
