import { Readable } from "node:stream";
import {
  type Command,
  CommandLogAnswer,
  CommandLogQuery,
  EventLogAnswer,
  EventLogQuery,
  HostOutputQuery,
  isFinal,
  OutputQuery,
  PlainText,
  StateAnswer,
} from "@neverstale/fleet-domain";
import { MAIN_SPACE } from "@neverstale/server";
import { isInHistory, lastLines, liveChunks, textsOf } from "../../commands/written.ts";
import { eventLog } from "../../events/event-log.ts";
import { newestFirst, readPast } from "../../events/past.ts";
import { unknownHost } from "../../hosts/decide.ts";
import type { HttpMetrics } from "../../http/io/http-metrics.ts";
import { type Answer, type Ask, param, queried, type Route } from "../../http/io/route.ts";
import { Refusal } from "../../http/problem.ts";
import type { Server } from "./server.ts";

export function stateRoutes(server: Server, metrics: HttpMetrics): Route[] {
  return [
    { method: "GET", path: "/api/state", answer: StateAnswer, allow: "viewer", handle: (ask) => state(server, ask) },
    {
      method: "GET",
      path: "/api/commands",
      query: CommandLogQuery,
      answer: CommandLogAnswer,
      allow: "viewer",
      handle: (ask) => commandLog(server, ask),
    },
    {
      method: "GET",
      path: "/api/event-log",
      query: EventLogQuery,
      answer: EventLogAnswer,
      allow: "viewer",
      handle: async (ask) => ({ body: await eventLog(server, queried(EventLogQuery, ask)) }),
    },
    {
      method: "GET",
      path: "/api/hosts/:id/output",
      query: HostOutputQuery,
      allow: "viewer",
      handle: (ask) => hostOutput(server, ask),
    },
    {
      method: "GET",
      path: "/api/commands/:id/output",
      query: OutputQuery,
      allow: "viewer",
      handle: (ask) => output(server, ask),
    },
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
  const headers = { etag, "cache-control": "private, no-cache" };
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
  if (server.storeTrouble !== null) {
    const { since, why } = server.storeTrouble;
    throw new Refusal("store_unavailable", `changes can't be stored since ${since}: ${why}`, {
      retryAfterS: 2,
      hint: "Free space on the disk of the data directory. All that is there can be read meanwhile.",
    });
  }
  return { body: { status: "ready" } };
}

/** All that the command wrote, from the history and the live tail. */
async function output(server: Server, ask: Ask<unknown>): Promise<Answer> {
  const { format } = queried(OutputQuery, ask);
  const id = param(ask, "id");
  const live = liveChunks(server.manager, id);
  if (live === null && !(await isInHistory(server.manager, id)))
    throw new Refusal("unknown_command", "there is no output of such a command", {
      hint: "It never wrote anything, or that was longer ago than the history goes back.",
    });
  const written = textsOf(server.manager, id, live ?? []);
  return { headers: PLAIN_TEXT, body: Readable.from(format === "plain" ? plain(written) : written) };
}

async function* plain(written: AsyncIterable<string>): AsyncGenerator<string> {
  const text = new PlainText();
  for await (const piece of written) yield text.read(piece);
}

async function hostOutput(server: Server, ask: Ask<unknown>): Promise<Answer> {
  const { lines } = queried(HostOutputQuery, ask);
  const host = param(ask, "id");
  if (!server.fleet.hosts.has(host)) throw unknownHost(host);
  const past = { ...COMMANDS, live: liveCommands(server), limit: COMMANDS_READ, before: undefined };
  const matches = (command: Command) => command.host === host && mayHaveWritten(command);
  const { found } = await readPast<Command>(server.manager, { ...past, matches });
  const ids = found.map(({ record }) => record.id);
  return { headers: PLAIN_TEXT, body: new PlainText().read(await lastLines(server.manager, ids, lines)) };
}

/** How much it is shows at its end only. */
function mayHaveWritten({ status, outputBytes }: Command): boolean {
  return !isFinal(status) || outputBytes > 0;
}

/** A host's newest commands with output, among which its last lines are looked for. */
const COMMANDS_READ = 100;

const PLAIN_TEXT = { "content-type": "text/plain; charset=utf-8" };

const COMMANDS = { space: MAIN_SPACE, collection: "commands" } as const;

function liveCommands(server: Server): Command[] {
  return newestFirst([...server.fleet.commands.values()], (command) => command.createdAt);
}

async function commandLog(server: Server, ask: Ask<unknown>): Promise<Answer> {
  const { host, limit, before } = queried(CommandLogQuery, ask);
  const matches = (command: Command) => host === undefined || command.host === host;
  const past = { ...COMMANDS, live: liveCommands(server), matches, limit, before };
  const { found, next } = await readPast<Command>(server.manager, past);
  return { body: { commands: found.map(({ record }) => record), next } satisfies CommandLogAnswer };
}
