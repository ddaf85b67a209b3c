/** The space of audit events keeps who did what, apart from all other events. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { collection, defineModel, patch, put, type StateOf } from "@neverstale/protocol";
import { z } from "zod";
import { Id, Line, Timestamp } from "../text.ts";
import { Event } from "./event.ts";

/** However many other events there are, they push nothing out of this space. Nobody follows it. */
export const AUDIT_SPACE = "audit";

export const DEFAULT_AUDIT_LIMIT = 10_000;

/** The collection `beginnings` has this one record. Audit events from before it are among the other events only. */
export const AUDIT_BEGINNING_ID = "audit";
export const AuditBeginning = z.object({ id: z.literal(AUDIT_BEGINNING_ID), at: Timestamp });
export type AuditBeginning = ReadonlyJson<z.infer<typeof AuditBeginning>>;

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** It says of an audit event what only admins are shown: where it came from, and what was asked for in full. */
export const Evidence = z.object({
  /** The request came from this address. */
  address: z.string().max(100).optional(),
  /** It is a part of the hash of the session, or of the API token, with which it was asked for. It opens nothing. */
  session: Id.optional(),
  apiToken: Id.optional(),
  /** It was done to these, of which the first 50 are named. The hash is over the whole list. */
  targets: z.array(Id).max(50).optional(),
  targetCount: z.int().min(0).optional(),
  targetsHash: Sha256.optional(),
  /** These were the arguments. Where they are long, their hash stands in their place. */
  args: z.record(z.string(), z.json()).optional(),
  argsHash: Sha256.optional(),
  /** It says what came of it, where that is not simply that it was done. */
  result: Line.optional(),
});
export type Evidence = ReadonlyJson<z.infer<typeof Evidence>>;

/**
 * Each audit event names the hash of the one before it. `hash` is the SHA-256 of all the rest of the event, as canonical JSON (RFC
 * 8785). Events of older releases have neither, and stand before the chain.
 */
export const AuditEvent = Event.extend({
  evidence: Evidence.optional(),
  sequence: z.int().min(1).optional(),
  previousHash: Sha256.optional(),
  hash: Sha256.optional(),
});
export type AuditEvent = ReadonlyJson<z.infer<typeof AuditEvent>>;

/** The first event of a chain names this as the hash before it. */
export const NO_HASH = "0".repeat(64);

/** The id of an audit event in the chain follows from its number, so that it is found by that. */
export function auditEventId(sequence: number): string {
  return `audit-${String(sequence).padStart(12, "0")}`;
}

/** It says where the chain ends, and what of it is kept. */
export const AuditChain = z.object({
  id: z.literal(AUDIT_BEGINNING_ID),
  begunAt: Timestamp,
  /** These are of the newest event. */
  sequence: z.int().min(0),
  hash: Sha256,
  /** Events up to this one are in the archive too, and may leave the live state. */
  archived: z.int().min(0),
  /** The anchor is the newest event that was let go of. All that is kept can be proved from its hash on. */
  anchor: z.object({ sequence: z.int().min(0), hash: Sha256, at: Timestamp }).optional(),
});
export type AuditChain = ReadonlyJson<z.infer<typeof AuditChain>>;

/** The newest audit events are here. Older ones are in the archive (`audit/archive.ts` of the server), and in the history. */
export function auditModel(options: { readonly auditLimit?: number } = {}) {
  return defineModel({
    model: 1,
    collections: {
      events: collection(AuditEvent, { keep: { newest: options.auditLimit ?? DEFAULT_AUDIT_LIMIT } }),
      beginnings: collection(AuditBeginning),
      chains: collection(AuditChain),
    },
    changes: {
      audit_begun: put("beginnings"),
      audit_event: put("events"),
      audit_chained: put("chains"),
      audit_archived: patch("chains"),
    },
  });
}
export type AuditState = StateOf<ReturnType<typeof auditModel>>;
