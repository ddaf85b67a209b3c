/** This route answers with the whole state. */

import { StateAnswer } from "@neverstale/fleet-domain";
import type { Answer, Ask, Route } from "../http/route.ts";
import type { FleetManager } from "./state.ts";

export function stateRoutes({ manager }: StateRoutesParts): Route[] {
  return [
    { method: "GET", path: "/api/state", answer: StateAnswer, allow: "viewer", handle: (ask) => state(manager, ask) },
  ];
}

export interface StateRoutesParts {
  readonly manager: FleetManager;
}

/** Whoever has this very state already is told so by its ETag. */
function state(manager: FleetManager, { headers }: Ask<unknown>): Answer {
  const etag = `"${manager.epoch}-${manager.version}"`;
  const tagged = { etag, "cache-control": "private, no-cache" };
  if (headers["if-none-match"] === etag) return { status: 304, headers: tagged };
  const { epoch, version, digest, collections } = manager.capture();
  const records = Object.fromEntries(
    collections.map((collection) => [collection.name, collection.records as StateAnswer["state"][string]]),
  );
  return { headers: tagged, body: { epoch, version, digest, state: records } satisfies StateAnswer };
}
