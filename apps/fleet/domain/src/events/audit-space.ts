import type { ReadonlyJson } from "@neverstale/protocol";
import { collection, defineModel, put, type StateOf } from "@neverstale/protocol";
import { z } from "zod";
import { Timestamp } from "../text.ts";
import { Event } from "./event.ts";

/** Who did what, apart from all other events: however much those are, they push nothing out of it. Nobody follows it. */
export const AUDIT_SPACE = "audit";

export const DEFAULT_AUDIT_LIMIT = 10_000;

/** The one record of `beginnings`: audit events before it are among the other events only. */
export const AUDIT_BEGINNING_ID = "audit";
export const AuditBeginning = z.object({ id: z.literal(AUDIT_BEGINNING_ID), at: Timestamp });
export type AuditBeginning = ReadonlyJson<z.infer<typeof AuditBeginning>>;

/** The newest are here; older ones go to the history, like everything that `keep` evicts. */
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
