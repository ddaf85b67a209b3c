/** These routes answer with what commands wrote, as text. */

import { type Command, HostOutputQuery, isFinal, OutputQuery, PlainText } from "@neverstale/fleet-domain";
import { readPast } from "../events/past.ts";
import { RequestRefusal } from "../fleet/refusal.ts";
import type { FleetManager } from "../fleet/state.ts";
import { unknownHost } from "../hosts/decide.ts";
import { type Answer, type Ask, param, queried, type Route } from "../http/route.ts";
import { commandsPast } from "./command-log.ts";
import { hasOutputHistory, lastLines, liveChunks, textsOf } from "./output-text.ts";

export function outputRoutes({ manager }: OutputRoutesParts): Route[] {
  return [
    {
      method: "GET",
      path: "/api/hosts/:id/output",
      query: HostOutputQuery,
      allow: "viewer",
      handle: (ask) => hostOutput(manager, ask),
    },
    {
      method: "GET",
      path: "/api/commands/:id/output",
      query: OutputQuery,
      allow: "viewer",
      handle: (ask) => output(manager, ask),
    },
  ];
}

export interface OutputRoutesParts {
  readonly manager: FleetManager;
}

/** It answers with all that the command wrote, from the history and the live tail. */
async function output(manager: FleetManager, ask: Ask<unknown>): Promise<Answer> {
  const { format } = queried(OutputQuery, ask);
  const id = param(ask, "id");
  const live = liveChunks(manager, id);
  if (live === null && !(await hasOutputHistory(manager, id)))
    throw new RequestRefusal("unknown_command", "there is no output of such a command", {
      hint: "It never wrote anything, or that was longer ago than the history goes back.",
    });
  const written = textsOf(manager, id, live ?? []);
  return { headers: PLAIN_TEXT, body: format === "plain" ? plain(written) : written };
}

async function* plain(written: AsyncIterable<string>): AsyncGenerator<string> {
  const text = new PlainText();
  for await (const piece of written) yield text.read(piece);
}

async function hostOutput(manager: FleetManager, ask: Ask<unknown>): Promise<Answer> {
  const { lines } = queried(HostOutputQuery, ask);
  const host = param(ask, "id");
  if (!manager.state.hosts.has(host)) throw unknownHost(host);
  const matches = (command: Command) => command.host === host && mayHaveWritten(command);
  const { found } = await readPast<Command>(manager, {
    ...commandsPast(manager),
    limit: COMMANDS_READ,
    before: undefined,
    matches,
  });
  const ids = found.map(({ record }) => record.id);
  return { headers: PLAIN_TEXT, body: new PlainText().read(await lastLines(manager, ids, lines)) };
}

/** Until a command ends it doesn't show how much it wrote. */
function mayHaveWritten({ status, outputBytes }: Command): boolean {
  return !isFinal(status) || outputBytes > 0;
}

/** A host's last lines are looked for among so many of its newest commands with output. */
const COMMANDS_READ = 100;

const PLAIN_TEXT = { "content-type": "text/plain; charset=utf-8" };
