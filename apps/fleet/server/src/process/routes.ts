/** Those who run the server ask by these routes whether it lives and is ready, and what it measures. */

import { RequestRefusal } from "../fleet/refusal.ts";
import type { FleetManager } from "../fleet/state.ts";
import type { Transactions } from "../fleet/transact.ts";
import type { HttpMetrics } from "../http/io/http-metrics.ts";
import { problemDetailsOf, refusalOf } from "../http/problem.ts";
import type { Answer, Route } from "../http/route.ts";
import { nodeStandingOf, refusalOfNode } from "../nodes/node-standing.ts";

export function processRoutes(parts: ProcessRoutesParts): Route[] {
  const { metrics } = parts;
  return [
    { ...ASKED, path: "/healthz", handle: () => ({ body: { status: "ok" } }) },
    { ...ASKED, path: "/readyz", handle: () => ready(parts) },
    {
      ...ASKED,
      path: "/metrics",
      handle: async () => ({ headers: { "content-type": metrics.contentType }, body: await metrics.text() }),
    },
  ];
}

const ASKED = { method: "GET", allow: "anyone", withoutState: true } as const;

export interface ProcessRoutesParts {
  readonly manager: FleetManager;
  readonly transactions: Transactions;
  readonly metrics: HttpMetrics;
  readonly isDraining: () => boolean;
}

/** A node says how it stands to the others, whether it is ready or not. */
function ready(parts: ProcessRoutesParts): Answer {
  const { node } = parts.manager;
  if (node === null) {
    checkReady(parts);
    return { body: { status: "ready" } };
  }
  try {
    checkReady(parts);
    return { body: { status: "ready", ...nodeStandingOf(node) } };
  } catch (error) {
    const refusal = refusalOf(error);
    const headers = { "content-type": "application/problem+json", "retry-after": String(refusal.retryAfterS ?? 1) };
    return {
      status: refusal.status,
      headers,
      body: JSON.stringify({ ...problemDetailsOf(refusal), ...nodeStandingOf(node) }),
    };
  }
}

function checkReady({ manager, transactions, isDraining }: ProcessRoutesParts): void {
  if (isDraining() || manager.failure !== null)
    throw new RequestRefusal("shutting_down", "the server is being stopped", { retryAfterS: 1 });
  if (transactions.storeTrouble !== null) {
    const { since, why, hint } = transactions.storeTrouble;
    throw new RequestRefusal("store_unavailable", `changes can't be stored since ${since}: ${why}`, {
      retryAfterS: 2,
      hint: `${hint} All that is there can be read meanwhile.`,
    });
  }
  const refusal = refusalOfNode(manager.node);
  if (refusal !== null) throw refusal;
}
