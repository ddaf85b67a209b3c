/** These routes answer with the whole state, as it is or as it was, or with what the caller may see of it. */

import { ReachAnswer, StateAnswer, StateQuery } from "@neverstale/fleet-domain";
import { MAIN_SPACE } from "@neverstale/server";
import { viewFor } from "../accounts/granted.ts";
import { type Answer, type Ask, queried, type Route, userOf } from "../http/route.ts";
import type { Clocks } from "./moment.ts";
import { PastReading, reachOf } from "./past-state.ts";
import { RequestRefusal } from "./refusal.ts";
import type { FleetManager } from "./state.ts";

export function stateRoutes({ manager, clocks }: StateRoutesParts): Route[] {
  const past = new PastReading(manager);
  return [
    {
      method: "GET",
      path: "/api/state",
      query: StateQuery,
      answer: StateAnswer,
      allow: "viewer",
      handle: (ask) => stateAsked(manager, past, ask),
    },
    {
      method: "GET",
      path: "/api/state/reach",
      answer: ReachAnswer,
      allow: "viewer",
      handle: async () => ({ body: await reachOf(manager, clocks.now()) }),
    },
  ];
}

export interface StateRoutesParts {
  readonly manager: FleetManager;
  readonly clocks: Pick<Clocks, "now">;
}

/** The past does not change, but who may see what of it does. So it is asked for anew each time. */
async function stateAsked(manager: FleetManager, past: PastReading, ask: Ask<unknown>): Promise<Answer> {
  const { version, epoch, at } = queried(StateQuery, ask);
  if (version === undefined && at === undefined) return state(manager, ask);
  if (version !== undefined && at !== undefined)
    throw new RequestRefusal("bad_request", "a moment is a version or a time, not both", { hint: "Give one of them." });
  const name = version === undefined ? { time: Date.parse(at ?? "") } : { version, epoch };
  const body = await past.read(name, userOf(ask));
  return { headers: { "cache-control": "private, no-store" }, body };
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
