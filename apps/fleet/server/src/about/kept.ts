/** It says in a few rows what the server keeps, and for how long. */

import {
  ALERT_LIMIT,
  COMMAND_LIMIT,
  DEFAULT_EVENT_LIMIT,
  DELIVERY_LIMIT,
  type KeptByServer,
  PIPELINE_LIMIT,
  REVOKED_CREDENTIAL_LIMIT,
  SIGN_INS_KEPT_MS,
} from "@neverstale/fleet-domain";
import { SESSION_ABSOLUTE_MS, SESSION_IDLE_MS } from "../accounts/decide.ts";
import { KEPT_FAILED_SIGN_INS } from "../accounts/failed-sign-ins.ts";
import type { AuditKept } from "../audit/audit-keeper.ts";
import type { MetricsKept } from "../metrics/levels.ts";

export interface KeptSettings {
  readonly eventLimit?: number | undefined;
  readonly audit: AuditKept;
  readonly metrics: MetricsKept;
  readonly log: { readonly ageMs: number };
  readonly history: { readonly rows: number; readonly ageMs: number };
  /** Null means that the server makes none by itself. */
  readonly backups: number | null;
}

export function keptBy({
  eventLimit = DEFAULT_EVENT_LIMIT,
  audit,
  metrics,
  log,
  history,
  backups,
}: KeptSettings): KeptByServer[] {
  const [fine, minutes, coarse] = metrics;
  return [
    { what: "Events on the page", newest: eventLimit },
    { what: "Commands on the page that have ended", newest: COMMAND_LIMIT },
    { what: "Pipeline runs on the page that have ended", newest: PIPELINE_LIMIT },
    { what: "Alerts on the page that are resolved", newest: ALERT_LIMIT },
    {
      what: "What has left the page: commands with their output, pipeline runs, alerts, events",
      ...historyRow(history),
    },
    { what: "The log of changes, by which the fleet is shown as it was", forMs: log.ageMs },
    { what: "The audit: who did what", newest: audit.events, forMs: audit.ageMs },
    { what: "Metrics, a point each 10 s", forMs: fine },
    { what: "Metrics, a point each minute", forMs: minutes },
    { what: "Metrics, a point each 10 minutes", forMs: coarse },
    { what: "Notifications that are over", newest: DELIVERY_LIMIT },
    { what: "Sessions that nobody uses", forMs: SESSION_IDLE_MS },
    { what: "Sessions, however they are used", forMs: SESSION_ABSOLUTE_MS },
    { what: "Sign-ins that failed", newest: KEPT_FAILED_SIGN_INS, forMs: SIGN_INS_KEPT_MS },
    { what: "Credentials of agents that open nothing any more", newest: REVOKED_CREDENTIAL_LIMIT },
    ...(backups === null ? [] : [{ what: "Backups that the server makes", newest: backups }]),
  ];
}

function historyRow({ rows, ageMs }: KeptSettings["history"]) {
  return { newest: rows, forMs: ageMs };
}
