/** The audit is exported from its oldest event on, those from before the chain first, a page of the store at a time. */

import type { AuditEvent, AuditExportQuery } from "@neverstale/fleet-domain";
import type { z } from "zod";
import { isWithin } from "../events/within-times.ts";
import type { CsvCell } from "../exports/csv.ts";
import { type AuditManager, auditIn, chainOf, eventsBetween } from "./archive.ts";

type Asked = Pick<z.output<typeof AuditExportQuery>, "from" | "to" | "actor" | "action" | "host">;

export async function* exportedAudit(manager: AuditManager, asked: Asked): AsyncGenerator<AuditEvent> {
  for (const event of beforeChain(manager)) if (isAskedFor(event, asked)) yield event;
  const chain = chainOf(manager);
  if (chain === null) return;
  // What is noted while somebody downloads it is not part of it.
  for (let first = (chain.anchor?.sequence ?? 0) + 1; first <= chain.sequence; first += ROWS) {
    const events = await eventsBetween(manager, first, Math.min(first + ROWS, chain.sequence + 1));
    for (const event of events) if (isAskedFor(event, asked)) yield event;
  }
}

const ROWS = 500;

/** The live state may hold some that an older release noted. */
function beforeChain(manager: Pick<AuditManager, "space">): AuditEvent[] {
  const events = [...(auditIn(manager)?.events.values() ?? [])].filter(({ hash }) => hash === undefined);
  return events.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

function isAskedFor(event: AuditEvent, { actor, action, host, ...times }: Asked): boolean {
  return (
    isWithin(event.at, times) &&
    (actor === undefined || event.actor === actor) &&
    (action === undefined || event.action === action) &&
    (host === undefined || event.host === host)
  );
}

type AuditCell = (event: AuditEvent) => CsvCell;

export const AUDIT_COLUMNS: Readonly<Record<string, AuditCell>> = {
  sequence: ({ sequence }) => sequence,
  at: ({ at }) => at,
  actor: ({ actor }) => actor,
  action: ({ action }) => action,
  host: ({ host }) => host,
  level: ({ level }) => level,
  message: ({ message }) => message,
  details: ({ details }) => inJson(details),
  address: ({ evidence }) => evidence?.address,
  session: ({ evidence }) => evidence?.session,
  apiToken: ({ evidence }) => evidence?.apiToken,
  targets: ({ evidence }) => evidence?.targets?.join(" "),
  targetCount: ({ evidence }) => evidence?.targetCount,
  args: ({ evidence }) => inJson(evidence?.args),
  result: ({ evidence }) => evidence?.result,
  hash: ({ hash }) => hash,
};

function inJson(value: object | undefined): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}
