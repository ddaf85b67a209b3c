import { Readable } from "node:stream";
import { type OutputChunk, outputSpace, type StateAnswer } from "@neverstale/fleet-domain";
import { Refusal } from "../problem.ts";
import type { HttpMetrics } from "./http-metrics.ts";
import { type Answer, type Ask, param, type Route } from "./route.ts";
import type { Server } from "./server.ts";

/** Rows of the history read at once. */
const PAGE = 500;

export function stateRoutes(server: Server, metrics: HttpMetrics): Route[] {
  return [
    { method: "GET", path: "/api/state", allow: "viewer", handle: (ask) => state(server, ask) },
    { method: "GET", path: "/api/commands/:id/output", allow: "viewer", handle: (ask) => output(server, ask) },
    { method: "GET", path: "/healthz", allow: "anyone", handle: () => ({ body: { status: "ok" } }) },
    { method: "GET", path: "/readyz", allow: "anyone", handle: () => ready(server) },
    {
      method: "GET",
      path: "/metrics",
      allow: "anyone",
      handle: async () => ({ headers: { "content-type": metrics.contentType }, body: await metrics.text() }),
    },
  ];
}

/** The whole state; whoever has it already is told so by its ETag. */
function state(server: Server, ask: Ask<unknown>): Answer {
  const etag = `"${server.manager.epoch}-${server.manager.version}"`;
  const headers = { etag, "cache-control": "no-cache" };
  if (ask.request.headers["if-none-match"] === etag) return { status: 304, headers };
  const { epoch, version, digest, collections } = server.manager.capture();
  const records = Object.fromEntries(
    collections.map((collection) => [collection.name, collection.records as StateAnswer["state"][string]]),
  );
  return { headers, body: { epoch, version, digest, state: records } satisfies StateAnswer };
}

function ready(server: Server): Answer {
  if (server.draining || server.manager.failure !== null)
    throw new Refusal("shutting_down", "the server is being stopped", { retryAfterS: 1 });
  return { body: { status: "ready" } };
}

/** All that the command wrote, from the history and the live tail, as text. */
function output(server: Server, ask: Ask<unknown>): Answer {
  const name = outputSpace(param(ask, "id"));
  const format = ask.query.format ?? "plain";
  if (format !== "plain")
    throw new Refusal("bad_request", `there is no format ${format}`, { hint: "Use format=plain." });
  const space = server.manager.space(name);
  if (space === null)
    throw new Refusal("unknown_command", "there is no output of such a command", {
      hint: "It is kept as long as its command is in the state.",
    });
  const live = [...(space.state.chunks?.values() ?? [])] as unknown as OutputChunk[];
  live.sort((a, b) => a.offset - b.offset);
  return { headers: { "content-type": "text/plain; charset=utf-8" }, body: Readable.from(texts(server, name, live)) };
}

/** Taken before the first read: what is evicted meanwhile comes from `live`, not twice. */
async function* texts(server: Server, space: string, live: readonly OutputChunk[]): AsyncGenerator<string> {
  const first = live[0]?.offset ?? Number.POSITIVE_INFINITY;
  let afterVersion = 0;
  for (;;) {
    const rows = await server.manager.history({ space, collection: "chunks", afterVersion, limit: PAGE });
    const chunks = rows.map((row) => row.record as unknown as OutputChunk).filter((chunk) => chunk.offset < first);
    yield chunks.map((chunk) => chunk.text).join("");
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE || chunks.length < rows.length) break;
    afterVersion = last.version;
  }
  yield live.map((chunk) => chunk.text).join("");
}
