/** Users list and end their sessions by these routes, and admins those of others. */

import { type Session, SessionEntry } from "@neverstale/fleet-domain";
import { RequestRefusal } from "../../fleet/refusal.ts";
import { accountsIn, type FleetManager } from "../../fleet/state.ts";
import { type Ask, askedFromOf, param, type Route, sessionOf } from "../../http/route.ts";
import { isAdminOfAll } from "../decide.ts";
import type { Sessions } from "./sessions.ts";

export function sessionRoutes(parts: SessionRoutesParts): Route[] {
  const { manager, sessions } = parts;
  return [
    {
      method: "GET",
      path: "/api/sessions",
      allow: "viewer",
      people: true,
      answer: SessionEntry.array(),
      handle: (ask) => ({ body: entriesOf(parts, ask, sessionOf(ask).user) }),
    },
    {
      method: "GET",
      path: "/api/users/:name/sessions",
      allow: "admin",
      people: true,
      wholeFleet: true,
      answer: SessionEntry.array(),
      handle: (ask) => {
        const name = param(ask, "name");
        if (accountsIn(manager)?.users.has(name) !== true)
          throw new RequestRefusal("not_found", `there is no user ${name}`);
        return { body: entriesOf(parts, ask, name) };
      },
    },
    {
      method: "DELETE",
      path: "/api/sessions/:id",
      allow: "viewer",
      people: true,
      handle: async (ask) => {
        await sessions.end(namedSession(parts, ask), sessionOf(ask).user, askedFromOf(ask));
        return {};
      },
    },
  ];
}

export interface SessionRoutesParts {
  readonly manager: FleetManager;
  readonly sessions: Sessions;
}

function entriesOf({ sessions }: SessionRoutesParts, ask: Ask<unknown>, user: string): SessionEntry[] {
  const own = sessionOf(ask).session.id;
  return sessions.listOf(user).map(({ id, ...rest }) => ({ ...rest, id: nameOf(id), current: id === own }));
}

/** An id that is somebody else's is as unknown as one that nobody has, unless an admin asks (C31). */
function namedSession({ manager, sessions }: SessionRoutesParts, ask: Ask<unknown>): Session {
  const id = param(ask, "id");
  const asking = sessionOf(ask);
  const { user } = asking;
  const users = isAdminOfAll(asking) ? [...(accountsIn(manager)?.users.keys() ?? [])] : [user];
  const session = users.flatMap((each) => sessions.listOf(each)).find((candidate) => nameOf(candidate.id) === id);
  if (session === undefined) throw new RequestRefusal("not_found", "there is no such session");
  return session;
}

/** A part of the hash is enough for a name, and opens nothing: the session's secret can't be found from it. */
function nameOf(sessionHash: string): string {
  return sessionHash.slice(0, 22);
}
