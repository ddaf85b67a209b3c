/** The space of audit events keeps who did what, apart from all other events. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { collection, defineModel, put, type StateOf } from "@neverstale/protocol";
import { z } from "zod";
import { Timestamp } from "../text.ts";
import { Event } from "./event.ts";

/** However many other events there are, they push nothing out of this space. Nobody follows it. */
export const AUDIT_SPACE = "audit";

export const DEFAULT_AUDIT_LIMIT = 10_000;

/** The collection `beginnings` has this one record. Audit events from before it are among the other events only. */
export const AUDIT_BEGINNING_ID = "audit";
export const AuditBeginning = z.object({ id: z.literal(AUDIT_BEGINNING_ID), at: Timestamp });
export type AuditBeginning = ReadonlyJson<z.infer<typeof AuditBeginning>>;

/** The newest audit events are here. Older ones go to the history, like everything that `keep` evicts. */
export function auditModel(options: { readonly auditLimit?: number } = {}) {
  return defineModel({
    model: 1,
    collections: {
      events: collection(Event, { keep: { newest: options.auditLimit ?? DEFAULT_AUDIT_LIMIT } }),
      beginnings: collection(AuditBeginning),
    },
    changes: { audit_begun: put("beginnings"), audit_event: put("events") },
  });
}
export type AuditState = StateOf<ReturnType<typeof auditModel>>;
