/** These routes answer with what commands wrote, as text. */

import {
  type Command,
  type GrantedTags,
  HostOutputQuery,
  isFinal,
  OutputQuery,
  OutputSearchAnswer,
  OutputSearchQuery,
  PlainText,
} from "@neverstale/fleet-domain";
import { grantedCommand, grantedHost } from "../accounts/granted.ts";
import { readPast } from "../events/past.ts";
import { RequestRefusal } from "../fleet/refusal.ts";
import type { FleetManager } from "../fleet/state.ts";
import { unknownHost } from "../hosts/decide.ts";
import { type Answer, type Ask, param, queried, type Route, userOf } from "../http/route.ts";
import { commandsPast } from "./command-log.ts";
import { CONTENT_TYPES, downloadOf } from "./output/output-download.ts";
import type { OutputSearch } from "./output/output-search.ts";
import { hasOutputHistory, lastLines, liveChunks } from "./output-text.ts";

export function outputRoutes(parts: OutputRoutesParts): Route[] {
  const { manager } = parts;
  return [
    {
      method: "GET",
      path: "/api/commands/:id/output/search",
      query: OutputSearchQuery,
      answer: OutputSearchAnswer,
      allow: "viewer",
      handle: (ask) => search(parts, ask),
    },
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
  readonly outputSearch: OutputSearch;
}

/** It answers with all that the command wrote, from the history and the live tail. */
async function output(manager: FleetManager, ask: Ask<unknown>): Promise<Answer> {
  const asked = queried(OutputQuery, ask);
  const id = await knownOutput(manager, ask);
  return {
    headers: { "content-type": CONTENT_TYPES[asked.format] },
    body: downloadOf(manager, id, asked.format, asked),
  };
}

async function search({ manager, outputSearch }: OutputRoutesParts, ask: Ask<unknown>): Promise<Answer> {
  const query = queried(OutputSearchQuery, ask);
  return { body: await outputSearch.find(await knownOutput(manager, ask), query) };
}

/** It returns the id of the command that is asked about. */
async function knownOutput(manager: FleetManager, ask: Ask<unknown>): Promise<string> {
  const id = param(ask, "id");
  const { tags } = userOf(ask);
  const isShown = tags === null || (await isCommandShown(manager, tags, id));
  if (isShown && (liveChunks(manager, id) !== null || (await hasOutputHistory(manager, id)))) return id;
  throw new RequestRefusal("unknown_command", "there is no output of such a command", {
    hint: "It never wrote anything, or that was longer ago than the history goes back.",
  });
}

/** A command that has left the state is looked for in the history, as only it says whose output that is. */
async function isCommandShown(manager: FleetManager, tags: GrantedTags, id: string): Promise<boolean> {
  if (manager.state.commands.has(id)) return grantedCommand(manager.state, tags, id) !== null;
  const query = { ...commandsPast(manager, tags), limit: 1, matches: (command: Command) => command.id === id };
  let before: string | undefined;
  for (let pages = 0; pages < PAGES_LOOKED_THROUGH; pages += 1) {
    const { found, next } = await readPast<Command>(manager, { ...query, before });
    const [past] = found;
    if (past !== undefined) return query.isShown(past.record);
    if (next === null) return false;
    before = next;
  }
  return false;
}

/** A page is of 5,000 rows at most. */
const PAGES_LOOKED_THROUGH = 4;

async function hostOutput(manager: FleetManager, ask: Ask<unknown>): Promise<Answer> {
  const { lines } = queried(HostOutputQuery, ask);
  const host = param(ask, "id");
  const { tags } = userOf(ask);
  if (grantedHost(manager.state, tags, host) === null) throw unknownHost(host);
  const matches = (command: Command) => command.host === host && mayHaveWritten(command);
  const { found } = await readPast<Command>(manager, {
    ...commandsPast(manager, tags),
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

const PLAIN_TEXT = { "content-type": CONTENT_TYPES.plain };
