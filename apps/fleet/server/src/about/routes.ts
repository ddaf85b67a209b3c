/** These routes say what the server is, what it keeps, and how near its bounds are. */

import { AboutAnswer, FactsOfServer, type KeptByServer } from "@neverstale/fleet-domain";
import type { FleetManager } from "../fleet/state.ts";
import type { HttpMetrics } from "../http/io/http-metrics.ts";
import type { Route } from "../http/route.ts";
import { nodeStandingOf } from "../nodes/node-standing.ts";

export function aboutRoutes({ about, manager, metrics }: AboutRoutesParts): Route[] {
  const { kept, store, platform, ...shown } = about;
  return [
    {
      method: "GET",
      path: "/api/about",
      allow: "viewer",
      answer: AboutAnswer,
      handle: () => ({ body: shown satisfies AboutAnswer }),
    },
    {
      method: "GET",
      path: "/api/server",
      allow: "admin",
      wholeFleet: true,
      answer: FactsOfServer,
      handle: () => {
        const node = manager.node === null ? null : { ...nodeStandingOf(manager.node) };
        return { body: { store, platform, node, kept: [...kept], limits: metrics.limits() } satisfies FactsOfServer };
      },
    },
  ];
}

export interface AboutRoutesParts {
  readonly manager: FleetManager;
  readonly metrics: Pick<HttpMetrics, "limits">;
  readonly about: AboutAnswer & {
    readonly platform: string;
    /** It is the kind of the store, as a person calls it. */
    readonly store: string;
    readonly kept: readonly KeptByServer[];
  };
}
