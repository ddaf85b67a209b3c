/** Admins have erased what a removed host or person has left, by these routes. */

import { Erasure, ErasureAnswer, ErasureRequest } from "@neverstale/fleet-domain";
import { accountsIn, type FleetManager } from "../fleet/state.ts";
import type { TransactFor } from "../http/io/once.ts";
import { type Route, userOf, withBody } from "../http/route.ts";
import { askForErasure } from "./decide.ts";

export function erasureRoutes({ manager, transactFor }: ErasureRoutesParts): Route[] {
  return [
    {
      method: "GET",
      path: "/api/erasures",
      allow: "admin",
      wholeFleet: true,
      answer: Erasure.array(),
      handle: () => ({ body: [...(accountsIn(manager)?.erasures.values() ?? [])] satisfies Erasure[] }),
    },
    withBody({
      method: "POST",
      path: "/api/erasures",
      allow: "admin",
      wholeFleet: true,
      recentProof: true,
      body: ErasureRequest,
      answer: ErasureAnswer,
      answerStatus: 202,
      handle: async (ask) => {
        const { applied, result } = await transactFor(ask, (work) => askForErasure(work, ask.body, userOf(ask).user));
        return { status: 202, body: { erasureId: result, epoch: applied.epoch, version: applied.version } };
      },
    }),
  ];
}

export interface ErasureRoutesParts {
  readonly manager: FleetManager;
  readonly transactFor: TransactFor;
}
