/** This route answers with the whole state, or with what the caller may see of it. */

import { StateAnswer } from "@neverstale/fleet-domain";
import { MAIN_SPACE } from "@neverstale/server";
import { viewFor } from "../accounts/granted.ts";
import { type Answer, type Ask, type Route, userOf } from "../http/route.ts";
import type { FleetManager } from "./state.ts";

export function stateRoutes({ manager }: StateRoutesParts): Route[] {
  return [
    { method: "GET", path: "/api/state", answer: StateAnswer, allow: "viewer", handle: (ask) => state(manager, ask) },
  ];
}

export interface StateRoutesParts {
  readonly manager: FleetManager;
}

/** It is what the caller may see of it. Whoever has this very state already is told so by its ETag. */
function state(manager: FleetManager, ask: Ask<unknown>): Answer {
  const { headers } = ask;
  const { tags } = userOf(ask);
  const shown = tags === null ? "" : `-${tags.toSorted().join("/")}`;
  const etag = `"${manager.epoch}-${manager.version}${shown}"`;
  const tagged = { etag, "cache-control": "private, no-cache" };
  if (headers["if-none-match"] === etag) return { status: 304, headers: tagged };
  const { epoch, version, digest, collections } = manager.capture(MAIN_SPACE, viewFor(manager, tags));
  const records = Object.fromEntries(
    collections.map((collection) => [collection.name, collection.records as StateAnswer["state"][string]]),
  );
  return { headers: tagged, body: { epoch, version, digest, state: records } satisfies StateAnswer };
}
