import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { server } from "./http.ts";
import { cookieFor, userOf } from "./session.ts";
import { mutate } from "./sync.ts";

server.on("request", (request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error(error);
    response.writeHead(500).end();
  });
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  if (pathname === "/mutations") return mutate(request, response);
  if (pathname === "/login") {
    response.writeHead(303, { "Set-Cookie": cookieFor(searchParams.get("user") ?? ""), Location: "/r/kitchen" }).end();
  } else if (pathname.startsWith("/r/")) {
    const page = await readFile("dist/index.html", "utf8");
    const filled = page.replace("<body>", `<body data-user="${userOf(request) ?? ""}">`);
    response.writeHead(200, { "Content-Type": "text/html", "Cache-Control": "no-store" }).end(filled);
  } else if (/^\/assets\/[\w-]+\.js$/.test(pathname)) {
    response.writeHead(200, { "Content-Type": "text/javascript" }).end(await readFile(`dist${pathname}`));
  } else response.writeHead(404).end();
}

server.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => console.log("listening"));
