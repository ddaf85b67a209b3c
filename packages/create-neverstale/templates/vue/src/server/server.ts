/** The server: one SQLite file, the page, and all who follow. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { StateManager, serveMutations, serveSync } from "@neverstale/server";
import { sqliteStore } from "@neverstale/store-sqlite";
import type { FirstPaint } from "../shared/first-paint.ts";
import { model, taskMutations } from "../shared/tasks.ts";
import { visitorIn, welcome } from "./visitor.ts";

/** While you develop, Vite makes the page. In production it has been built. */
export interface Page {
  /** It returns the document in which `first` is rendered. */
  html(url: string, first: FirstPaint): Promise<string>;
  /** It serves what the document needs beside that. */
  files(request: IncomingMessage, response: ServerResponse): void;
  close(): Promise<void>;
}

export async function startServer(openPage: (http: Server) => Promise<Page>): Promise<void> {
  const manager = await StateManager.open({ model, store: sqliteStore("data/tasks.db"), mutations: taskMutations });
  // This is who may do something. A sign-in of your own says here whose session it is.
  const mutate = serveMutations({
    manager,
    authorize: (request) => {
      const user = visitorIn(request);
      return user === null ? { refuse: 401, code: "not_signed_in", message: "Load the page first." } : { user };
    },
  });
  const http = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error(error);
      response.writeHead(500).end("Something went wrong.");
    });
  });
  const sync = serveSync(http, { manager });
  const page = await openPage(http);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (pathname === "/mutations") return mutate(request, response);
    if (pathname !== "/") return page.files(request, response);
    const visitor = welcome(request, response);
    const html = await page.html(request.url ?? "/", { visitor, state: manager.initialState() });
    response.setHeader("Content-Type", "text/html");
    response.setHeader("Cache-Control", "no-store");
    response.end(html);
  }

  const port = Number(process.env.PORT ?? 5173);
  http.listen(port, process.env.HOST ?? "127.0.0.1", () => {
    const address = http.address();
    const bound = typeof address === "object" && address !== null ? address.port : port;
    console.log(`The page is at http://localhost:${bound}`);
  });

  const end = async () => {
    http.close();
    await Promise.all([page.close(), sync.close()]);
    await manager.close();
    process.exit();
  };
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
}

/** What stands for the page in `index.html` is replaced by its first paint. */
export function fill(document: string, { first, html }: { readonly first: FirstPaint; readonly html: string }): string {
  const text = JSON.stringify(first).replaceAll("<", "\\u003c");
  return document.replace("<!--page-->", () => html).replace('>"first"<', () => `>${text}<`);
}
