/** `npm start`: what `npm run build` has made is served. */

import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import sirv from "sirv";
import type { Render } from "../shared/first-paint.ts";

// The framework of the page and the replica look at it when they are loaded, so everything else is loaded behind it.
process.env.NODE_ENV ??= "production";
const { fill, startServer } = await import("./server.ts");
const built = await import(pathToFileURL("dist/server/render.js").href);
const render: Render = built.render;
const document = await readFile("dist/client/index.html", "utf8");
const files = sirv("dist/client", { immutable: true, maxAge: 31_536_000 });

await startServer(async () => ({
  html: async (_url, first) => fill(document, { first, html: await render(first) }),
  files: (request, response) =>
    files(request, response, () => {
      response.writeHead(404).end("There is no such page.");
    }),
  close: async () => {},
}));
