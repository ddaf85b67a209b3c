/** An admin has the fleet file read again by this route. */

import { CatalogueReadAnswer } from "@neverstale/fleet-domain";
import type { FleetManager } from "../fleet/state.ts";
import { askedFromOf, type Route, userOf } from "../http/route.ts";
import type { FleetFileReader } from "./io/fleet-file.ts";

export function catalogueRoutes({ manager, fleetFile }: CatalogueRoutesParts): Route[] {
  return [
    {
      method: "POST",
      path: "/api/catalogue/read",
      allow: "admin",
      recentProof: true,
      wholeFleet: true,
      answer: CatalogueReadAnswer,
      handle: async (ask) => {
        const problems = await fleetFile.read(userOf(ask).user, askedFromOf(ask));
        return { body: { problems, epoch: manager.epoch, version: manager.version } };
      },
    },
  ];
}

export interface CatalogueRoutesParts {
  readonly manager: FleetManager;
  readonly fleetFile: Pick<FleetFileReader, "read">;
}
