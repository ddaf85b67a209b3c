/** The chain of audit events grows here, in the transaction in which the audited change is made. */

import {
  AUDIT_BEGINNING_ID,
  type AuditChain,
  type AuditEvent,
  type AuditState,
  auditEventId,
  type Event,
  NO_HASH,
} from "@neverstale/fleet-domain";
import { canonicalJson, type JsonObject } from "@neverstale/protocol";
import type { Work } from "../fleet/work.ts";
import { type AuditedDeed, evidenceOf } from "./evidence.ts";

export type { AuditedDeed };

export function chainIn(audit: AuditState | null): AuditChain | null {
  return audit?.chains.get(AUDIT_BEGINNING_ID) ?? null;
}

/** It returns the id of the event that is noted next. A chain that begins behind older events begins with one that says so. */
export function nextAuditId(work: Work): string {
  return auditEventId(chainFor(work).sequence + 1);
}

export function keepForAudit(work: Work, event: Event, deed: AuditedDeed): void {
  if (work.audit === null) work.changeAudit("audit_begun", { id: AUDIT_BEGINNING_ID, at: work.at.iso });
  const evidence = evidenceOf(work, deed);
  extend(work, evidence === null ? event : { ...event, evidence });
}

/** It is the text of which an event's hash is made. */
export function hashedText({ hash: _, ...rest }: AuditEvent): string {
  return canonicalJson(rest as JsonObject);
}

function chainFor(work: Work): AuditChain {
  const chain = chainIn(work.audit);
  if (chain !== null) return chain;
  const begun = newChain(work);
  const before = work.audit?.events.size ?? 0;
  if (before === 0) return begun;
  extend(work, {
    id: auditEventId(1),
    at: work.at.iso,
    category: "audit",
    level: "info",
    actor: "server",
    action: "audit_chain_begun",
    message: `audit events are chained from here on; ${before} older ones stand before the chain`,
  });
  return chainIn(work.audit) ?? begun;
}

function newChain(work: Work): AuditChain {
  return { id: AUDIT_BEGINNING_ID, begunAt: work.at.iso, sequence: 0, hash: NO_HASH, archived: 0 };
}

function extend(work: Work, event: AuditEvent): void {
  const chain = chainIn(work.audit) ?? newChain(work);
  const sequence = chain.sequence + 1;
  const linked = { ...event, sequence, previousHash: chain.hash };
  const hash = work.at.hashOf(hashedText(linked));
  work.changeAudit("audit_event", { ...linked, hash });
  work.changeAudit("audit_chained", { ...chain, sequence, hash });
}
