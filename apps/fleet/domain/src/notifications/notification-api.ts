/** The answers about notifications say where they go and what became of each. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { Reached } from "../api.ts";
import { Id } from "../text.ts";
import { Delivery, NotifyTarget } from "./notifications-space.ts";

export const NotificationsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  /** Only those with a lower number come: give the lowest of the page before. */
  before: z.coerce.number().int().min(1).optional(),
});

/** `GET /api/notifications` answers with the targets, and the newest deliveries first. */
export const NotificationsAnswer = z.object({
  targets: z.array(
    NotifyTarget.omit({ url: true, secretFile: true }).extend({
      /** It is the address without its path, which may be secret. */
      where: z.string(),
      /** So many are on their way to it. */
      pending: z.int().min(0),
    }),
  ),
  deliveries: z.array(Delivery),
});
export type NotificationsAnswer = ReadonlyJson<z.infer<typeof NotificationsAnswer>>;

/** `POST /api/notifications/:target/test` answers with the delivery that it made. */
export const NotificationTestAnswer = z.object({ deliveryId: Id, ...Reached });
