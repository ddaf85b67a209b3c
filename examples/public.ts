import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { StateSync } from "@neverstale/client";
import { collection, defineModel, put, type StateOf } from "@neverstale/protocol";
import { memoryStore, StateManager, serveHttp } from "@neverstale/server";

const model = defineModel({
  model: 1,
  collections: { scores: collection<{ id: string; points: number }>() },
  changes: { scored: put("scores") },
});

async function listen(handle: RequestListener) {
  const http = createServer(handle);
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return { http, port: (http.address() as AddressInfo).port };
}

// Everybody may see the main space at /board, so shared caches may keep its answers.
const manager = await StateManager.open({ model, store: memoryStore() });
const endpoint = serveHttp({ manager, path: "/board", publicSpace: () => "main" });
const server = await listen((request, response) => {
  if (!endpoint.handle(request, response)) response.writeHead(404).end();
});

// This stands for nginx or a CDN: whoever asks for the same address meanwhile is given the same answer, where it may be shared.
const asked = new Map<string, Promise<{ answer: Response; body: string }>>();
const NO_STREAMS = { "Content-Type": "text/event-stream", "Neverstale-Protocol": "v1" };
const cache = await listen(async ({ url = "" }, response) => {
  if (url.includes("/live/")) return response.writeHead(200, NO_STREAMS).end(); // So readers go over to polls.
  const ask = async () => {
    const answer = await fetch(`http://127.0.0.1:${server.port}${url}`, { redirect: "manual" });
    return { answer, body: await answer.text() };
  };
  const own = asked.get(url) ?? ask().finally(() => asked.delete(url));
  asked.set(url, own);
  const first = await own;
  const isShared = first.answer.headers.get("Cache-Control")?.includes("public");
  const { answer, body } = isShared ? first : await ask();
  const { "content-encoding": _, "content-length": __, ...headers } = Object.fromEntries(answer.headers);
  response.writeHead(answer.status, headers).end(body);
});

const url = `ws://127.0.0.1:${cache.port}/board`;
const readers = Array.from({ length: 50 }, () => new StateSync<StateOf<typeof model>>({ url }));
const until = (isTrue: (reader: (typeof readers)[number]) => boolean) =>
  Promise.all(
    readers.map((reader) => {
      return new Promise<void>((resolve) => {
        const look = () => isTrue(reader) && resolve();
        reader.subscribe(look);
        look();
      });
    }),
  );

await until(({ status }) => status.type === "live");
await manager.apply({ type: "scored", target: "ann", data: { points: 3 } });
await until(({ version }) => version === 1);
const { polls } = endpoint.httpMetrics;
const few = polls < readers.length ? "fewer polls than readers" : `${polls} polls`;
console.log(readers[49]?.view.way, readers[49]?.state.scores.get("ann"), few);

await manager.close();
process.exit();
