/** This route answers with the metrics of a host over a while. */

import { HostMetricsAnswer, HostMetricsQuery } from "@neverstale/fleet-domain";
import { grantedHost } from "../accounts/granted.ts";
import type { Clocks } from "../fleet/moment.ts";
import { RequestRefusal } from "../fleet/refusal.ts";
import type { FleetManager } from "../fleet/state.ts";
import { type Answer, type Ask, param, queried, type Route, userOf } from "../http/route.ts";
import { rangeOf } from "./asked-step.ts";
import type { Level } from "./levels.ts";
import { readSeries } from "./series.ts";

export function metricRoutes(parts: MetricRoutesParts): Route[] {
  return [
    {
      method: "GET",
      path: "/api/hosts/:id/metrics",
      allow: "viewer",
      query: HostMetricsQuery,
      answer: HostMetricsAnswer,
      handle: (ask) => metricsOf(parts, ask),
    },
  ];
}

export interface MetricRoutesParts {
  readonly manager: Pick<FleetManager, "points" | "state">;
  readonly clocks: Clocks;
  readonly metricLevels: readonly Level[];
  readonly pause: () => Promise<void>;
}

/** Whoever may see a host may see what it told before. */
async function metricsOf(
  { manager, clocks, metricLevels: levels, pause }: MetricRoutesParts,
  ask: Ask<unknown>,
): Promise<Answer> {
  const host = param(ask, "id");
  if (grantedHost(manager.state, userOf(ask).tags, host) === null)
    throw new RequestRefusal("unknown_host", `there is no host ${host}`, { hint: "Look at the list of hosts." });
  const { from, to, step } = queried(HostMetricsQuery, ask);
  const now = clocks.now();
  const end = to === undefined ? now : Date.parse(to);
  const begin = from === undefined ? end - HOUR_MS : Date.parse(from);
  const range = rangeOf({ from: begin, to: end, step: step === undefined ? null : 1_000 * Number(step) }, levels, now);
  if (typeof range === "string") throw new RequestRefusal("bad_request", range, { hint: "Look at the times." });
  const metrics = await readSeries({ points: manager.points, levels, now, pause }, host, range);
  const body: HostMetricsAnswer = {
    host,
    from: new Date(range.from).toISOString(),
    to: new Date(range.to).toISOString(),
    step: range.step / 1_000,
    metrics,
  };
  return { body };
}

const HOUR_MS = 3_600_000;
