/** The space of notifications says where people are told of alerts, and is the outbox of what they are told. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { collection, defineModel, patch, put, remove, type StateOf } from "@neverstale/protocol";
import { z } from "zod";
import { ALERT_KINDS, ALERT_SEVERITIES } from "../alerts/alert-rule.ts";
import { Id, Line, Name, Timestamp } from "../text.ts";

/** Nobody follows this space. The addresses in it may be all that somebody needs to write there, so only admins are told of it. */
export const NOTIFICATIONS_SPACE = "notifications";

export const NOTIFY_KINDS = ["webhook", "ntfy", "smtp"] as const;
export const MAX_NOTIFY_TARGETS = 20;

/** Notifications go there. It is part of the catalogue. */
export const NotifyTarget = z.object({
  /** It is the name of the target. */
  id: Name,
  kind: z.enum(NOTIFY_KINDS),
  url: z.string().max(1_000),
  /** The file at the server that holds the secret or token. Its content is in no state. */
  secretFile: z.string().max(1_000).optional(),
  /** Mail is from this address, to these, and the server of mail knows us by that name. */
  from: Line.optional(),
  to: z.array(Line).min(1).max(20).optional(),
  user: Line.optional(),
  /** Only alerts of this severity go there. Without it all do. */
  severity: z.enum(ALERT_SEVERITIES).optional(),
  /** Only alerts by these rules go there. Without it all do. */
  alerts: z.array(Name).min(1).max(50).optional(),
});
export type NotifyTarget = ReadonlyJson<z.infer<typeof NotifyTarget>>;

export const NOTIFICATION_KINDS = ["fired", "resolved", "test"] as const;
export const DELIVERY_STATUSES = ["pending", "delivered", "given_up"] as const;
/** So many that are over are kept. */
export const DELIVERY_LIMIT = 500;

/** A delivery is one notification on its way to one target. It says all that is told, so it needs its alert no more. */
export const Delivery = z.object({
  /** Whoever gets it twice knows it by this. */
  id: Id,
  target: Name,
  /** Those of one target go in this order. */
  number: z.int().min(1),
  kind: z.enum(NOTIFICATION_KINDS),
  title: Line,
  message: Line,
  /** It is absent in a test. */
  alert: z
    .object({
      id: Id,
      rule: Name,
      kind: z.enum(ALERT_KINDS),
      severity: z.enum(ALERT_SEVERITIES),
      count: z.int().min(0),
      firedAt: Timestamp,
    })
    .optional(),
  at: Timestamp,
  status: z.enum(DELIVERY_STATUSES),
  /** So many attempts were answered otherwise, or not at all. */
  failures: z.int().min(0),
  lastFailure: Line.optional(),
  /** It is not tried before. */
  nextAttemptAt: Timestamp.optional(),
  settledAt: Timestamp.optional(),
});
export type Delivery = ReadonlyJson<z.infer<typeof Delivery>>;

export const notificationsModel = defineModel({
  model: 1,
  collections: {
    targets: collection(NotifyTarget),
    deliveries: collection(Delivery, {
      keep: { newest: DELIVERY_LIMIT, where: { status: ["delivered", "given_up"] } },
    }),
  },
  changes: {
    notify_target_set: put("targets"),
    notify_target_removed: remove("targets"),
    delivery_made: put("deliveries"),
    delivery_changed: patch("deliveries"),
  },
});
export type Notifications = StateOf<typeof notificationsModel>;
