/** The alert log lists alerts as they are now and were before, newest first. */

import type { Alert, AlertLogAnswer, AlertLogQuery } from "@neverstale/fleet-domain";
import { MAIN_SPACE } from "@neverstale/server";
import type { z } from "zod";
import { newestFirst, readPast } from "../events/past.ts";
import { isWithin } from "../events/within-times.ts";
import type { FleetManager } from "../fleet/state.ts";

export async function alertLog(
  manager: FleetManager,
  { limit, before, ...asked }: z.output<typeof AlertLogQuery>,
): Promise<AlertLogAnswer> {
  const live = newestFirst([...manager.state.alerts.values()], ({ firedAt }) => firedAt);
  const matches = ({ rule, status, severity, firedAt }: Alert) =>
    (asked.rule === undefined || rule === asked.rule) &&
    (asked.status === undefined || status === asked.status) &&
    (asked.severity === undefined || severity === asked.severity) &&
    isWithin(firedAt, asked);
  const query = { space: MAIN_SPACE, collection: "alerts", live, isShown: () => true, matches, limit, before } as const;
  const { found, next } = await readPast<Alert>(manager, query);
  return { alerts: found.map(({ record }) => record), next };
}
