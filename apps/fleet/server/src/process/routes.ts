/** Those who run the server ask by these routes whether it lives and is ready, and what it measures. */

import { RequestRefusal } from "../fleet/refusal.ts";
import type { FleetManager } from "../fleet/state.ts";
import type { Transactions } from "../fleet/transact.ts";
import type { HttpMetrics } from "../http/io/http-metrics.ts";
import type { Answer, Route } from "../http/route.ts";

export function processRoutes(parts: ProcessRoutesParts): Route[] {
  const { metrics } = parts;
  return [
    { method: "GET", path: "/healthz", allow: "anyone", handle: () => ({ body: { status: "ok" } }) },
    { method: "GET", path: "/readyz", allow: "anyone", handle: () => ready(parts) },
    {
      method: "GET",
      path: "/metrics",
      allow: "anyone",
      handle: async () => ({ headers: { "content-type": metrics.contentType }, body: await metrics.text() }),
    },
  ];
}

export interface ProcessRoutesParts {
  readonly manager: FleetManager;
  readonly transactions: Transactions;
  readonly metrics: HttpMetrics;
  readonly isDraining: () => boolean;
}

function ready({ manager, transactions, isDraining }: ProcessRoutesParts): Answer {
  if (isDraining() || manager.failure !== null)
    throw new RequestRefusal("shutting_down", "the server is being stopped", { retryAfterS: 1 });
  if (transactions.storeTrouble !== null) {
    const { since, why } = transactions.storeTrouble;
    throw new RequestRefusal("store_unavailable", `changes can't be stored since ${since}: ${why}`, {
      retryAfterS: 2,
      hint: "Free space on the disk of the data directory. All that is there can be read meanwhile.",
    });
  }
  return { body: { status: "ready" } };
}
