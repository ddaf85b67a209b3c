/** The expressions of the Grafana dashboard are read here, as Prometheus is asked for them. */

import { readFileSync } from "node:fs";
import { z } from "zod";

const DASHBOARD = new URL("../../docs/operations/grafana.json", import.meta.url);

const Dashboard = z.object({
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).default([]) })),
});

export function grafanaExpressions(): string[] {
  const { panels } = Dashboard.parse(JSON.parse(readFileSync(DASHBOARD, "utf8")));
  return panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
}
