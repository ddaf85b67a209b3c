/** The query for past events, and its answer. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { nextPage, PageQuery, TimeQuery } from "../api.ts";
import { Id, Line } from "../text.ts";
import { AuditEvent } from "./audit-space.ts";
import { Event } from "./event.ts";

/** `GET /api/event-log` lists events, newest first, also those that have left the live state. */
export const EventLogQuery = z.strictObject({
  ...PageQuery,
  category: z.literal("audit").describe("Who did what, and nothing else.").optional(),
  ...TimeQuery,
  host: Id.optional(),
  actor: Line.optional(),
  action: Line.optional(),
  level: Event.shape.level.optional(),
});
export const EventLogAnswer = z.object({ events: z.array(AuditEvent), ...nextPage });
export type EventLogAnswer = ReadonlyJson<z.infer<typeof EventLogAnswer>>;
