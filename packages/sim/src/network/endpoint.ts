/** The endpoint takes the connections of one process, as `serveSync` does, and has an audit watch each of them. */

import {
  csrfTokenIn,
  LINES_PARAMETER,
  linesIn,
  PARTS_PARAMETER,
  type Position,
  STEPS_PARAMETER,
  SUBPROTOCOL,
  TICKET_PARAMETER,
  VIEW_PARAMETER,
} from "@neverstale/protocol";
import { MAIN_SPACE, type StateManager, type SyncHub } from "@neverstale/server";
import { Audit, type JudgedEntry } from "../checks/audit.ts";
import type { History } from "../checks/history.ts";
import type { Rights } from "../checks/views/rights.ts";
import { ViewAudit } from "../checks/views/view-audit.ts";
import type { mainModel } from "../plan/models.ts";
import type { Models } from "../plan/releases.ts";
import { viewNamed } from "../plan/views/views.ts";
import type { Surroundings } from "../world/surroundings.ts";
import type { SimConnection } from "./connection.ts";
import type { SimCodec } from "./frames.ts";

/** Whoever is not signed in is refused. */
export function accept(process: Serving, connection: SimConnection): void {
  const { world, manager } = process;
  if (!world.sessions.admits(connection.client, csrfTokenIn(connection.protocols))) return connection.refuse();
  const space = connection.url.pathname.replace(/^\/sync\/?/, "") || MAIN_SPACE;
  const profile = connection.protocols.includes(SUBPROTOCOL) ? "v1" : "plain";
  const { oracle } = world;
  let followed: string | null = null;
  /** A reader may have to wait until the node knows the space. From its first message on it follows one creation of it. */
  const creationId = () => {
    followed ??= manager.space(space)?.creationId ?? null;
    return followed ?? "";
  };
  let known: History | null = null;
  const history = () => {
    const today = oracle.historyOf({ epoch: manager.epoch, space: creationId() });
    known = today ?? known;
    return today;
  };
  const resume = positionOf(connection.url);
  const entry = process.entries.of(connection, {
    ...{ space, resume },
    at: (version) => ({ epoch: manager.epoch, space: creationId(), version }),
  });
  const views = viewAuditOf(process, connection, space, history);
  connection.audit = new Audit(world.fail, {
    plain: profile === "plain",
    parts: asksFor(connection, PARTS_PARAMETER),
    steps: {
      asked: asksFor(connection, STEPS_PARAMETER),
      today: () => manager.epoch,
      endOf: (epoch) => oracle.endOf({ epoch, space: creationId() }, manager.epoch),
      leadsOn: (epoch, version) =>
        history()?.moments[version] === oracle.momentAt({ epoch, space: creationId(), version }),
      ends: () => process.sendsAway || views?.isOver === true,
    },
    views,
    history,
    largestFrame: () => process.frames.largestBytes,
    claimed: resume === null ? null : oracle.momentAt(resume),
    counters: world.counters,
    entry,
  });
  connection.models = process.models;
  // What is on its way was put before the space ended, and an epoch later it has no history any more.
  connection.follows = () => history() ?? known;
  connection.greet();
  attach(process, connection, entry, { space, profile });
}

/** It is null where the space is not followed by views. */
function viewAuditOf(
  { world: { config, rights, counters, fail: report }, granted }: Serving,
  { client }: SimConnection,
  space: string,
  history: () => History | null,
): ViewAudit | null {
  if (space !== MAIN_SPACE || config.views !== true) return null;
  const view = granted.of(client);
  const noteView = (id: string) => rights.note(id, view);
  return new ViewAudit({ report, counters, view, history, granted: () => granted.of(client), noteView });
}

/** Texts that come before the node can judge whom they are from stay with the system (rule N6). */
function attach(
  process: Serving,
  connection: SimConnection,
  entry: JudgedEntry,
  { space, profile }: { readonly space: string; readonly profile: "v1" | "plain" },
): void {
  const { hub } = process;
  const asked = { parts: asksFor(connection, PARTS_PARAMETER), steps: asksFor(connection, STEPS_PARAMETER) };
  const lines = linesIn(connection.url.searchParams.get(LINES_PARAMETER) ?? "");
  const resume = positionOf(connection.url);
  const { world, models } = process;
  const isViewed = space === MAIN_SPACE && world.config.views === true;
  const viewed = isViewed ? { view: viewNamed(models, process.granted.of(connection.client)) } : {};
  const attachment = { space, profile, resume, subject: connection.client, lines, ...asked, ...viewed };
  const unread: string[] = [];
  let cursor: Cursor | null = null;
  let isRefused = false;
  const leave = hub.enter(connection, attachment, {
    entered: (entered) => {
      cursor = entered;
      entry.enters();
      for (const text of unread.splice(0)) hub.receive(entered, text);
    },
    refused: (error) => {
      isRefused = true;
      hub.turnAway(connection, profile, error);
    },
  });
  if (isRefused) return;
  process.connections.add(connection);
  connection.accepted({
    received: (text) => process.happen(() => (cursor === null ? unread.push(text) : hub.receive(cursor, text))),
    closed: () => {
      process.connections.delete(connection);
      connection.isUnheard = true;
      process.happen(() => {
        connection.isUnheard = false;
        leave();
        if (cursor !== null) hub.detach(cursor);
      });
    },
  });
}

function asksFor({ url }: SimConnection, parameter: string): boolean {
  return url.searchParams.get(parameter) === "1";
}

function positionOf({ searchParams }: URL): Position | null {
  const epoch = searchParams.get("epoch");
  const space = searchParams.get("space");
  const version = searchParams.get("version");
  if (epoch === null || space === null || version === null) return null;
  const view = searchParams.get(VIEW_PARAMETER);
  const proof = view === null ? {} : { proof: { view, ticket: searchParams.get(TICKET_PARAMETER) ?? "" } };
  return { epoch, space, version: Number(version), ...proof };
}

type Cursor = Parameters<SyncHub["receive"]>[0];

/** A process that serves. */
export interface Serving {
  readonly world: Surroundings;
  readonly manager: StateManager<typeof mainModel>;
  readonly hub: SyncHub;
  readonly frames: SimCodec;
  readonly models: Models;
  readonly connections: Set<SimConnection>;
  /** It has a reason to send everybody away, be it that it ends. */
  readonly sendsAway: boolean;
  readonly entries: Entries;
  /** It goes by these rights. */
  readonly granted: Pick<Rights, "of">;
  /** This happens to the process, as long as there is one. */
  happen(run: () => void): void;
}

/** It is told of everybody who comes to a process. */
export interface Entries {
  of(connection: SimConnection, asked: AskedEntry): JudgedEntry;
}

export interface AskedEntry {
  readonly space: string;
  readonly resume: Position | null;
  /** It returns where the node that was asked stands at a version. */
  at(version: number): Position;
}

/** Where a process is alone, each connection is judged by its audit alone. */
export const ANY_ENTRY: Entries = {
  of: () => ({ enters: () => {}, begins: () => {}, vouches: () => {}, refused: () => {} }),
};
